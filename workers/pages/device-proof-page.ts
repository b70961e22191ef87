import { sha256 } from "@noble/hashes/sha2.js";
import { DEVICE_PROOF_PATH, DEVICE_PROOF_PORTS } from "../../shared/node/protocol/device-proof.ts";
import { Html, html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";

export interface DeviceProofPage {
  readonly appTitle: string;
  readonly userEmail: string;
  /** Whom to ask. Empty when the network names nobody. */
  readonly contact: string;
  /** The form posts `a`, `csrf` and `proof` to this path. */
  readonly action: string;
  readonly attemptId: string;
  readonly csrf: string;
  readonly challenge: string;
  readonly retryUrl: string;
  readonly switchUserUrl: string;
}

/** The addresses of the agent. The page may speak to nothing else. */
export const AGENT_ORIGINS = DEVICE_PROOF_PORTS.map((port) => `http://127.0.0.1:${port}`);

/**
 * Asks the agent on each of its ports, and posts the first answer. It never changes: what it needs stands in the form, and
 * the CSP allows it by its hash.
 */
const SCRIPT = `
const form = document.querySelector("form");
const show = (id) => { for (const part of document.querySelectorAll("[data-part]")) part.hidden = part.id !== id; };
const ask = async (origin) => {
  const answer = await fetch(origin + ${JSON.stringify(DEVICE_PROOF_PATH)}, {
    method: "POST", headers: { "content-type": "application/json" }, credentials: "omit", redirect: "error",
    body: JSON.stringify({ challenge: form.dataset.challenge }), signal: AbortSignal.timeout(100000),
  });
  if (!answer.ok) throw new Error("refused");
  return answer.text();
};
show("asking");
Promise.any(${JSON.stringify(AGENT_ORIGINS)}.map(ask)).then(
  (proof) => { form.elements.proof.value = proof; form.submit(); },
  () => show("absent"),
);
`;
const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

export const ASK_AGENT_SCRIPT_HASH = `'sha256-${btoa(String.fromCharCode(...sha256(new TextEncoder().encode(SCRIPT))))}'`;

/** A page that finds the agent of this machine. Without an agent, it says why the app does not open and what to do. */
export function deviceProofPage(page: DeviceProofPage): string {
  const { appTitle, userEmail, contact, action, attemptId, csrf, challenge, retryUrl, switchUserUrl } = page;
  return layout({
    title: "This device",
    content: html`<div class="card">
<div data-part id="asking" hidden>
<h1>Looking at this device</h1>
<p><bdi>${appTitle}</bdi> wants to know whether this device runs the Rustronaut agent. If your browser asks whether this page may reach this device, allow it.</p>
</div>
<div data-part id="absent">
<h1><bdi>${appTitle}</bdi> needs a device that runs the Rustronaut agent</h1>
<p>No agent of this network answered on this device.</p>
<ul>
<li>Does it run here? As root: <span class="code">rustronaut-agent up --prove-device yes</span></li>
<li>Did the browser ask whether this page may reach this device, and was the answer no? Allow it in the settings of this site.</li>
<li>Safari and other browsers that let no page speak to the machine they run on can’t prove it. Use Chrome, Edge or Firefox.</li>
<li>A phone can’t run the agent. Use a computer that does.</li>
</ul>
<div class="actions">
<a class="button" href="${safeUrl(retryUrl)}">Try again</a>
<a class="button plain" href="${safeUrl(switchUserUrl)}">Use another account</a>
</div>
<dl>
<dt>Signed in as</dt><dd><bdi>${userEmail}</bdi></dd>
${contact !== "" && html`<dt>Whom to ask</dt><dd><bdi>${contact}</bdi></dd>`}
</dl>
</div>
<form method="post" action="${safeUrl(action)}" data-challenge="${challenge}">
<input type="hidden" name="a" value="${attemptId}">
<input type="hidden" name="csrf" value="${csrf}">
<input type="hidden" name="proof" value="">
</form>
</div>${SCRIPT_ELEMENT}`,
  });
}
