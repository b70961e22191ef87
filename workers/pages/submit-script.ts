import { Html } from "./html.ts";
import { scriptHash } from "./script-hash.ts";

/** Submits the page's form. Without scripts, the person presses the button. */
const SCRIPT = `
document.querySelector("form[data-submit]")?.submit();
`;

export const SUBMIT_SCRIPT = new Html(`<script>${SCRIPT}</script>`);

export const SUBMIT_SCRIPT_HASH = scriptHash(SCRIPT);
