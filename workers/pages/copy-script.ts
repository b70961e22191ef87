import { sha256 } from "@noble/hashes/sha2.js";
import { Html } from "./html.ts";

/** The one script of all pages: it copies the text that a button carries. Constant, and the CSP allows it by its hash. */
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

/** As it stands in a `Content-Security-Policy`. */
export const COPY_SCRIPT_HASH = `'sha256-${btoa(String.fromCharCode(...sha256(new TextEncoder().encode(SCRIPT))))}'`;
