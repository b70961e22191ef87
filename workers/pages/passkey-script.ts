import { Html } from "./html.ts";
import { scriptHash } from "./script-hash.ts";

/**
 * Asks the authenticator, and sends its answer with the form. The form holds the options as JSON in `data-options`;
 * `data-passkey` says whether a key is made (`create`) or shown (`get`).
 */
const SCRIPT = `
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const problem = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      const publicKey = JSON.parse(form.dataset.options);
      publicKey.challenge = bytes(publicKey.challenge);
      if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
      for (const list of ["allowCredentials", "excludeCredentials"])
        for (const one of publicKey[list] ?? []) one.id = bytes(one.id);
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
      const { response } = credential;
      const parts = { clientDataJSON: text(response.clientDataJSON) };
      if (response.attestationObject) {
        parts.attestationObject = text(response.attestationObject);
        parts.transports = response.getTransports?.() ?? [];
      } else {
        parts.authenticatorData = text(response.authenticatorData);
        parts.signature = text(response.signature);
      }
      const { id, type } = credential;
      form.elements.response.value = JSON.stringify({ id, rawId: id, type, response: parts });
      form.submit();
    } catch (error) {
      problem.textContent = "That did not work: " + error.message;
      problem.hidden = false;
    }
  });
}
`;

export const PASSKEY_SCRIPT = new Html(`<script>${SCRIPT}</script>`);

export const PASSKEY_SCRIPT_HASH = scriptHash(SCRIPT);
