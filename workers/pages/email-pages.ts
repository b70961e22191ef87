import { type Html, html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface AddressPage {
  readonly action: string;
  /** The sign-in attempt. The form posts this value as `state`. */
  readonly state: string;
  /** What the person typed before. Empty when the person typed nothing. */
  readonly email: string;
  readonly problem: string | null;
}

/** Asks for the address to which a code will be sent. Posts `state` and `email`. */
export function addressPage({ action, state, email, problem }: AddressPage): string {
  return layout({
    title: "Sign in by e-mail",
    content: html`<div class="card">
<h1>Sign in by e-mail</h1>
<p class="muted">We send you a code. You need no password.</p>
<form method="post" action="${safeUrl(action)}">
<input type="hidden" name="state" value="${state}">
<label for="email">Your e-mail address</label>
<input class="field" id="email" name="email" type="email" value="${email}" autocomplete="email" maxlength="254" required autofocus${described(problem)}>
${said(problem)}
<div class="actions"><button class="button">Send the code</button></div>
</form>
</div>`,
  });
}

export interface CodePage {
  readonly action: string;
  readonly state: string;
  readonly email: string;
  readonly digits: number;
  readonly minutes: number;
  readonly problem: string | null;
  /** The path that takes `state` and `email` again. */
  readonly sendAgainAction: string;
  readonly otherAddressUrl: string;
}

/**
 * Asks for the code. The page says the same for every address, whether its owner may sign in or not. Posts `state` and
 * `code`.
 */
export function codePage(page: CodePage): string {
  const { action, state, email, digits, minutes, problem, sendAgainAction, otherAddressUrl } = page;
  return layout({
    title: "Enter the code",
    content: html`<div class="card">
<h1>Look into your mailbox</h1>
<p>If <bdi>${email}</bdi> may sign in here, a code of ${digits} digits is on its way there. It works for ${minutes} minutes, in this browser.</p>
<form method="post" action="${safeUrl(action)}">
<input type="hidden" name="state" value="${state}">
<label for="code">The code</label>
<input class="field code" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required autofocus${described(problem)}>
${said(problem)}
<div class="actions"><button class="button">Sign in</button></div>
</form>
<h2>No mail?</h2>
<p class="muted">Look among the spam. Whoever invited you may have used another address.</p>
<form method="post" action="${safeUrl(sendAgainAction)}">
<input type="hidden" name="state" value="${state}">
<input type="hidden" name="email" value="${email}">
<div class="actions"><button class="button plain">Send another code</button> <a class="button plain" href="${safeUrl(otherAddressUrl)}">Use another address</a></div>
</form>
</div>`,
  });
}

const described = (problem: string | null): Html | null =>
  problem === null ? null : html` aria-invalid="true" aria-describedby="problem"`;

const said = (problem: string | null): Html | null =>
  problem === null ? null : html`<p class="bad" id="problem" role="alert">${problem}</p>`;

/**
 * A page that is shown until the browser goes on by itself. It is needed because the answer to a form may not redirect
 * to another host.
 */
export function onwardPage({ title, nextUrl }: { readonly title: string; readonly nextUrl: string }): string {
  return layout({
    title,
    content: html`<div class="card">
<h1>${title}</h1>
<div class="actions"><a class="button" href="${safeUrl(nextUrl)}">Continue</a></div>
</div>`,
  });
}
