import { type Html, html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { explainReason, needsAccess } from "./reasons.ts";

export interface LauncherApp {
  readonly title: string;
  readonly url: string;
  /** Whether the policies would let this user read the app's start page now. */
  readonly reachable: boolean;
  /** Why the user can't reach the app, as a stable word or a sentence. Null when the user can reach it. */
  readonly reason: string | null;
}

export interface LauncherPage {
  readonly userEmail: string;
  readonly apps: readonly LauncherApp[];
  readonly signOutAction: string;
  readonly csrf: string;
  readonly passkeysUrl: string;
  /** The address of requests for access. Null for who may neither make nor answer any. */
  readonly requestsUrl: string | null;
}

/** Lists the apps that a user can reach now, and the other apps with the reason why not. */
export function launcherPage(page: LauncherPage): string {
  const { userEmail, apps, signOutAction, csrf, passkeysUrl, requestsUrl } = page;
  const open = apps.filter((app) => app.reachable);
  const closed = apps.filter((app) => !app.reachable);
  return layout({
    title: "Your apps",
    wide: true,
    aside: html`<div class="who"><bdi>${userEmail}</bdi>
<form method="post" action="${safeUrl(signOutAction)}"><input type="hidden" name="csrf" value="${csrf}"><button class="button plain">Sign out</button></form></div>`,
    content: html`<h1>Your apps</h1>
${
  open.length === 0
    ? html`<p class="muted">No app is open to you yet. Ask an administrator to allow you one; it appears here at once.</p>`
    : html`<ul class="apps">${open.map(openApp)}</ul>`
}
<p class="links"><a href="${safeUrl(passkeysUrl)}">Your passkeys</a>${requestsUrl !== null && html`<a href="${safeUrl(requestsUrl)}">Requests for access</a>`}</p>
${
  closed.length > 0 &&
  html`<h2>Not open to you now</h2>
<ul class="apps">${closed.map(closedApp)}</ul>`
}`,
  });
}

function openApp({ title, url }: LauncherApp): Html {
  return html`<li><a href="${safeUrl(url)}"><strong><bdi>${title}</bdi></strong><span>${hostOf(url)}</span></a></li>`;
}

function closedApp({ title, reason }: LauncherApp): Html {
  const { why, remedy } = explainReason(reason ?? "default_deny");
  return html`<li><div class="closed"><strong><bdi>${title}</bdi></strong><span>${why}</span><span>${remedyOf(reason, remedy)}</span></div></li>`;
}

/** The list shows no number of a decision, so whom to ask is told what to ask for. */
const remedyOf = (reason: string | null, remedy: string): string =>
  needsAccess(reason ?? "default_deny") ? "Ask an administrator for access to it, by its name." : remedy;

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
