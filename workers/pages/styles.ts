import { sha256 } from "@noble/hashes/sha2.js";

/** The only style sheet of our pages. It is inline, and the CSP allows only this style sheet, by its hash. */
export const STYLES = `
:root{color-scheme:light dark;--bg:#f5f7fa;--card:#fff;--text:#18212f;--muted:#526072;--line:#d5dce6;--accent:#0a58a8;--on-accent:#fff;--bad:#a3231b}
@media (prefers-color-scheme:dark){:root{--bg:#0f141b;--card:#19212c;--text:#e9eef5;--muted:#a6b2c3;--line:#323e4f;--accent:#7cbcff;--on-accent:#06203c;--bad:#ff9d94}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--bg);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
header{padding:1.25rem 1.5rem;display:flex;flex-wrap:wrap;gap:.75rem 1rem;align-items:center;justify-content:space-between}
.brand{display:flex;align-items:center;gap:.55rem;font-weight:650;letter-spacing:.01em}
.brand svg{width:1.5rem;height:1.5rem;color:var(--accent)}
.who{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1rem;color:var(--muted)}
main{width:100%;max-width:30rem;margin:0 auto;padding:1rem 1.5rem 3rem;flex:1}
main.wide{max-width:60rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.75rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
h2{font-size:1.05rem;margin:2rem 0 .75rem}
p{margin:0 0 1rem}
a{color:var(--accent)}
.muted{color:var(--muted)}
pre{white-space:pre-wrap}
.code{font:0.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.button{display:inline-block;min-height:2.75rem;padding:.6rem 1.1rem;border:1px solid var(--accent);border-radius:9px;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.button.plain{background:transparent;color:var(--accent)}
.button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.stack{display:grid;gap:.75rem;margin:0;padding:0;list-style:none}
.stack .button{width:100%}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
.apps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:1rem;margin:0;padding:0;list-style:none}
.apps a,.apps .closed{display:block;height:100%;padding:1.1rem 1.25rem;background:var(--card);border:1px solid var(--line);border-radius:12px;color:inherit;text-decoration:none}
.apps a:hover{border-color:var(--accent)}
.apps strong{display:block}
.apps span{color:var(--muted);font-size:.9rem}
.apps .closed{background:transparent;border-style:dashed}
.links{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;margin-top:1.25rem}
.bad{color:var(--bad)}
.field{display:block;width:100%;min-height:2.75rem;padding:.55rem .75rem;border:1px solid var(--muted);border-radius:9px;background:var(--bg);color:var(--text);font:inherit}
.field.code{font:1.5rem/1.3 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.12em}
.field[aria-invalid]{border-color:var(--bad)}
textarea.field{resize:vertical}
fieldset{border:0;margin:0 0 1rem;padding:0}
legend{padding:0;margin-bottom:.5rem;font-weight:600}
label{display:flex;gap:.6rem;align-items:baseline;padding:.45rem 0}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:1.25rem 0 0;padding-top:1.25rem;border-top:1px solid var(--line);font-size:.9rem}
dt{color:var(--muted)}
dd{margin:0}
@media (max-width:30rem){header{padding:1rem}main{padding:.5rem 1rem 2rem}.card{padding:1.25rem}.button{width:100%}.who{width:100%;justify-content:space-between}.who .button{width:auto}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}}
`;

/** The CSP source that allows exactly `STYLES`. */
export const STYLES_HASH = `'sha256-${base64(sha256(new TextEncoder().encode(STYLES)))}'`;

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
