import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface CommandLinePage {
  readonly action: string;
  readonly attemptId: string;
  readonly csrf: string;
  readonly network: string;
  readonly userEmail: string;
  /** What the person may do as an administrator, in words. */
  readonly rights: string;
  readonly machine: string;
  /** The IP address that asked. */
  readonly address: string;
  /** Whether the browser has another address than the command line, so that they may be in two places. */
  readonly isElsewhere: boolean;
  /** Whether the person typed a code, which somebody else could have sent. */
  readonly byCode: boolean;
  readonly switchUserUrl: string;
}

/**
 * Asks the person whether a command line may act for them. Nothing goes on without a click on this page, and the page
 * can't be framed. Posts `a`, `csrf` and `answer`.
 */
export function commandLinePage(page: CommandLinePage): string {
  return layout({
    title: "Sign in a command line?",
    content: html`<div class="card">
<h1>Sign in the command line on <bdi>${page.machine}</bdi>?</h1>
<p>It will act as <bdi>${page.userEmail}</bdi> in the network <bdi>${page.network}</bdi>: ${page.rights}</p>
${page.byCode && html`<p class="bad" role="note"><strong>Did somebody send you the code, or ask you to type it? Then say no.</strong> Whoever asked for it gets in as you.</p>`}
${page.isElsewhere && html`<p class="bad" role="note">It was asked for from another network than yours. Say yes only if you know that machine.</p>`}
<p class="muted">Say yes only if you have just run <span class="code">rustronaut login</span> there.</p>
<form method="post" action="${safeUrl(page.action)}">
<input type="hidden" name="a" value="${page.attemptId}">
<input type="hidden" name="csrf" value="${page.csrf}">
<div class="actions"><button class="button" name="answer" value="yes">Yes, sign it in</button> <button class="button plain" name="answer" value="no">No</button></div>
</form>
<dl>
<dt>Machine</dt><dd><bdi>${page.machine}</bdi> (as it calls itself)</dd>
<dt>Asked from</dt><dd class="code">${page.address || "an unknown address"}</dd>
<dt>Not you?</dt><dd><a href="${safeUrl(page.switchUserUrl)}">Use another account</a></dd>
</dl>
</div>`,
  });
}

/** Asks for the code that a command line shows. Posts `code`. */
export function deviceCodePage({
  action,
  problem,
}: {
  readonly action: string;
  readonly problem: string | null;
}): string {
  return layout({
    title: "Sign in a command line",
    content: html`<div class="card">
<h1>Sign in a command line</h1>
<p>Type the code that <span class="code">rustronaut login --device</span> shows on the other machine.</p>
<form method="post" action="${safeUrl(action)}">
<label for="code">The code</label>
<input class="field code" id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" placeholder="BCDF-GHJK" required autofocus${problem !== null && html` aria-invalid="true" aria-describedby="problem"`}>
${problem !== null && html`<p class="bad" id="problem" role="alert">${problem}</p>`}
<p class="muted">Type only a code that you asked for yourself.</p>
<div class="actions"><button class="button">Go on</button></div>
</form>
</div>`,
  });
}

/** What came of the question. For a command line on this machine, the browser goes on to it by itself. */
export function commandLineDonePage({
  isSignedIn,
  nextUrl,
}: {
  readonly isSignedIn: boolean;
  readonly nextUrl: string | null;
}): string {
  const title = isSignedIn ? "The command line is signed in" : "The command line is not signed in";
  const wayOn =
    nextUrl === null
      ? html`<p class="muted">You can close this page, and go on in the terminal.</p>`
      : html`<div class="actions"><a class="button" href="${safeUrl(nextUrl)}">Continue</a></div>`;
  return layout({
    title,
    content: html`<div class="card">
<h1>${nextUrl === null ? title : "Back to the terminal"}</h1>
${wayOn}
</div>`,
  });
}
