import { html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

interface ClientQuestion {
  readonly action: string;
  readonly attemptId: string;
  readonly csrf: string;
  /** What the program calls itself. */
  readonly clientName: string;
  /** The host at which the program describes itself. Null if there is none. */
  readonly clientHost: string | null;
  /** Whether an administrator vouches for it. */
  readonly isRegistered: boolean;
  /** Where the answer goes. */
  readonly redirectHost: string;
  readonly isOnThisMachine: boolean;
  readonly appTitle: string;
  readonly appHost: string;
  readonly userEmail: string;
  readonly switchUserUrl: string;
}

/** Asks a person whether a program may act for them in an app. Posts `a`, `csrf` and `answer`. */
export function clientConsentPage(page: ClientQuestion): string {
  const vouched = page.isRegistered
    ? "registered by an administrator of this network"
    : page.clientHost !== null
      ? html`as <span class="code">${page.clientHost}</span> says; nobody here has checked it`
      : "as it calls itself; nobody has checked it";
  return layout({
    title: `Let a program use ${page.appTitle}?`,
    content: html`<div class="card">
<h1>Let <bdi>${page.clientName}</bdi> use <bdi>${page.appTitle}</bdi>?</h1>
<p>It will act there as <bdi>${page.userEmail}</bdi>: it may do what you may do, until you or an administrator end it.</p>
${!page.isRegistered && html`<p class="bad" role="note"><strong>Say yes only if you have just told this program to connect.</strong> Any program can call itself so.</p>`}
<form method="post" action="${safeUrl(page.action)}">
<input type="hidden" name="a" value="${page.attemptId}">
<input type="hidden" name="csrf" value="${page.csrf}">
<div class="actions"><button class="button" name="answer" value="yes">Yes, let it</button> <button class="button plain" name="answer" value="no">No</button></div>
</form>
<dl>
<dt>Program</dt><dd><bdi>${page.clientName}</bdi> (${vouched})</dd>
<dt>The answer goes to</dt><dd><span class="code">${page.redirectHost}</span>${page.isOnThisMachine && " (a program on the machine of this browser)"}</dd>
<dt>App</dt><dd><bdi>${page.appTitle}</bdi>, <span class="code">${page.appHost}</span></dd>
<dt>Not you?</dt><dd><a href="${safeUrl(page.switchUserUrl)}">Use another account</a></dd>
</dl>
</div>`,
  });
}

/** What came of the question. The browser goes on to the program by itself. */
export function clientAnsweredPage({
  clientName,
  isAllowed,
  nextUrl,
}: {
  readonly clientName: string;
  readonly isAllowed: boolean;
  readonly nextUrl: string;
}): string {
  return layout({
    title: isAllowed ? "The program may go on" : "The program may not go on",
    content: html`<div class="card">
<h1>Back to <bdi>${clientName}</bdi></h1>
<div class="actions"><a class="button" href="${safeUrl(nextUrl)}">Continue</a></div>
</div>`,
  });
}
