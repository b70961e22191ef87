import document from "../../docs/openapi.json" with { type: "json" };
import { type Html, html } from "../pages/html.ts";
import { htmlResponse } from "../pages/index.ts";
import { layout } from "../pages/layout.ts";
import { apiHeaders } from "./refused.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly "x-role": string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: unknown } } };
  readonly responses: Readonly<Record<string, unknown>>;
}

/**
 * The committed OpenAPI document. Anyone may read it, because it says nothing that the source code doesn't
 * say.
 */
export const openApiResponse = (): Response =>
  new Response(JSON.stringify(document), { headers: apiHeaders("openapi") });

/** The API documentation for people: one page without a script, loading nothing from other hosts. */
export function docsResponse(): Response {
  const operations = Object.entries(
    document.paths as unknown as Record<string, Record<string, Operation>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const content = html`<h1>${document.info.title}</h1>
<p>${withCode(document.info.description)}</p>
<p>Send <code>Authorization: Bearer rnapi_…</code>. The document itself: <a href="/api/v1/openapi.json">openapi.json</a></p>
<nav aria-label="Operations"><ul>${index(operations.map(({ operation }) => operation.operationId))}</ul></nav>
${operations.map(section)}`;
  return htmlResponse(layout({ title: document.info.title, content, wide: true }), 200, "docs");
}

/** One line for each kind of thing, with links to its operations. */
function index(ids: readonly string[]): Html[] {
  const kinds = Map.groupBy(ids, (id) => id.split(".")[0] ?? "");
  return [...kinds].map(([kind, ofKind]) => {
    const links = ofKind.map((id) => html` <a href="#${id}">${id.slice(kind.length + 1)}</a>`);
    return html`<li><b>${kind}</b>${links}</li>`;
  });
}

interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

function section({ method, path, operation }: Placed): Html {
  const { requestBody, parameters } = operation;
  return html`<section id="${operation.operationId}">
<h2>${operation.summary}</h2>
<p><code>${method} ${path}</code></p>
<p>Role: ${operation["x-role"].replace("_", " ")}. Operation: <code>${operation.operationId}</code>.</p>
${parameters.length > 0 && html`<ul>${parameters.map(parameterItem)}</ul>`}
${requestBody && html`<details><summary>Body</summary><pre>${pretty(requestBody.content["application/json"].schema)}</pre></details>`}
<details><summary>Answers</summary><pre>${pretty(operation.responses)}</pre></details>
</section>`;
}

const parameterItem = ({ name, in: place, required }: Parameter): Html =>
  html`<li><code>${name}</code> (${place}${required && ", required"})</li>`;

/** Turns Markdown's `code` into HTML. The descriptions use no other markup. */
const withCode = (text: string): readonly Html[] =>
  text.split("`").map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

const pretty = (value: unknown): string => JSON.stringify(value, null, 2);
