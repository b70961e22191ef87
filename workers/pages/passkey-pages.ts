import type { Before, Passkey } from "../../shared/access/login/passkey/rules.ts";
import { type Html, html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { PASSKEY_SCRIPT } from "./passkey-script.ts";

/** A form whose button asks the authenticator for something. */
export interface PasskeyForm {
  readonly action: string;
  /** Whether a key is made or shown. */
  readonly asks: "create" | "get";
  /** The options for `navigator.credentials`, with base64url for bytes. */
  readonly options: object;
  readonly csrf: string;
  /** The sign-in attempt that waits. Empty if none does. */
  readonly attempt: string;
  readonly button: string;
  readonly fields?: Html;
}

export const passkeyForm = ({ action, asks, options, csrf, attempt, button, fields }: PasskeyForm): Html =>
  html`<form method="post" action="${safeUrl(action)}" data-passkey="${asks}" data-options="${JSON.stringify(options)}">
<input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="a" value="${attempt}"><input type="hidden" name="response">
${fields}
<p class="bad" role="alert" hidden></p>
<div class="actions"><button class="button">${button}</button></div>
</form>`;

export interface PasskeysPage {
  readonly userEmail: string;
  readonly keys: readonly Passkey[];
  /** What must be done before a change. Null if the person may change something now. */
  readonly before: Before | null;
  /** Adds a key. Null if that is not possible now. */
  readonly add: PasskeyForm | null;
  /** Shows a key. Null if there is none. */
  readonly show: PasskeyForm | null;
  readonly signInUrl: string;
  readonly removeAction: string;
  readonly csrf: string;
}

const BEFORE: Readonly<Record<Before, string>> = {
  sign_in: "To add the first passkey, sign in again first.",
  passkey: "To add or remove a passkey, show one of yours first.",
  invitation:
    "A first passkey is not taken from where you are. Ask your administrator to invite you, or come from a network that is allowed.",
  risk: "The risk of your account is raised, so no first passkey is taken now. Ask your administrator.",
};

/** A person's own passkeys: which there are, and how to add and remove one. */
export function passkeysPage(page: PasskeysPage): string {
  const { userEmail, keys, before, add, show, signInUrl } = page;
  return layout({
    title: "Your passkeys",
    aside: html`<div class="who"><bdi>${userEmail}</bdi></div>`,
    content: html`<div class="card">
<h1>Your passkeys</h1>
<p class="muted">A passkey shows that it is you, with your fingerprint, face or PIN. Apps ask for it as a second factor.</p>
${keys.length === 0 ? html`<p>You have none yet.</p>` : html`<dl>${keys.map((key) => keyRow(key, page))}</dl>`}
${before !== null && html`<p>${BEFORE[before]}</p>`}
${before === "sign_in" && html`<div class="actions"><a class="button" href="${safeUrl(signInUrl)}">Sign in again</a></div>`}
${before === "passkey" && show !== null && passkeyForm(show)}
${
  before === null &&
  add !== null &&
  html`<h2>Add a passkey</h2>${passkeyForm({
    ...add,
    fields: html`<label for="name">What you call it</label>
<input class="field" id="name" name="name" maxlength="60" required placeholder="Work laptop">`,
  })}`
}
<div class="actions"><a class="button plain" href="/">Your apps</a></div>
</div>
${PASSKEY_SCRIPT}`,
  });
}

function keyRow(key: Passkey, { before, removeAction, csrf }: PasskeysPage): Html {
  const { id, name, lastUsedAt, createdAt, clonedAt, isDeviceBound } = key;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  return html`<dt><bdi>${name}</bdi></dt>
<dd>${isDeviceBound ? "on one device" : "may be on several devices"}, added ${day(createdAt)}, ${lastUsedAt === null ? "never used" : `last used ${day(lastUsedAt)}`}${clonedAt !== null && html`<br><strong class="bad">Refused since ${day(clonedAt)}: there may be a copy of it. Remove it.</strong>`}
${before === null && html`<form method="post" action="${safeUrl(removeAction)}"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="id" value="${id}"><button class="button plain">Remove <bdi>${name}</bdi></button></form>`}</dd>`;
}
