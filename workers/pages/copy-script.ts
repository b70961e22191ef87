import { Html } from "./html.ts";
import { scriptHash } from "./script-hash.ts";

/**
 * Copies the text that a button holds. The script never changes, and the CSP allows it
 * by its hash.
 */
const SCRIPT = `
for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "Copied"; }
    catch { button.textContent = button.dataset.copy; }
    setTimeout(() => { button.textContent = label; }, 4000);
  });
}
`;

export const COPY_SCRIPT = new Html(`<script>${SCRIPT}</script>`);

/** The hash of the script, in the form for a `Content-Security-Policy`. */
export const COPY_SCRIPT_HASH = scriptHash(SCRIPT);
