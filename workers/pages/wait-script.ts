import { sha256 } from "@noble/hashes/sha2.js";
import { Html } from "./html.ts";

/**
 * The script of a page that waits for an answer: it listens, and goes on when something changed. It never changes, and
 * the CSP allows it by its hash.
 */
const SCRIPT = `
const place = document.querySelector("[data-news]");
const news = new EventSource(place.dataset.news);
news.addEventListener("changed", () => { news.close(); location.replace(place.dataset.next); });
`;

export const WAIT_SCRIPT = new Html(`<script>${SCRIPT}</script>`);

/** The hash of the script, in the form for a `Content-Security-Policy`. */
export const WAIT_SCRIPT_HASH = `'sha256-${btoa(String.fromCharCode(...sha256(new TextEncoder().encode(SCRIPT))))}'`;
