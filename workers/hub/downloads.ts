import { shellWord } from "../../shared/base/shell-word.ts";
import { INSTALLER_PATH } from "../../shared/node/install-line.ts";
import type { Bindings } from "../platform/env.ts";
import { refusalPage } from "../session/answers.ts";

const MANIFEST = "/agent/manifest.json";
/** Files whose name contains their hash. The content under such a name never changes. */
const NAMED_BY_HASH = /-[0-9a-f]{12}(-\d+)?\.(js|gz)$/;

/** Whether machines fetch the agent from this path of the hub. */
export const isDownload = (pathname: string): boolean =>
  pathname === INSTALLER_PATH || pathname.startsWith("/agent/");

/**
 * Serves the agent and its installer (`scripts/build-downloads.ts`) to everybody, because a machine that will
 * join has no account yet. The files contain no secret, and no fact about the network except the hub's own
 * address.
 */
export async function serveDownload(request: Request, url: URL, bindings: Bindings): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return refusalPage("method_not_allowed", "Use GET.");
  const file = await bindings.assets?.fetch(new URL(url.pathname, url), { headers: validators(request) });
  if (!file || file.status === 404)
    return refusalPage(
      "not_found",
      "The hub serves no such file. If it serves no agent at all: npm run build.",
    );
  if (url.pathname === INSTALLER_PATH && file.ok) {
    const text = (await file.text()).replace("'@HUB@'", () => shellWord(bindings.hubOrigin));
    return answer(request, text, 200, new Headers({ "Content-Type": "text/plain; charset=utf-8" }), url);
  }
  const headers = new Headers(file.headers);
  // The bundle is a program for machines. This type keeps pages of this origin from running it.
  if (url.pathname !== MANIFEST) headers.set("Content-Type", "application/octet-stream");
  return answer(request, file.body, file.status, headers, url);
}

function answer(
  request: Request,
  body: BodyInit | null,
  status: number,
  headers: Headers,
  { pathname }: URL,
): Response {
  headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Rustronaut-Response", "download");
  headers.set(
    "Cache-Control",
    NAMED_BY_HASH.test(pathname) ? "public, max-age=31536000, immutable" : "no-cache",
  );
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

/**
 * A file that the client already has is not sent again. The installer is always sent, because it is made
 * here.
 */
function validators(request: Request): Headers {
  const known = request.headers.get("If-None-Match");
  return new Headers(
    known === null || new URL(request.url).pathname === INSTALLER_PATH ? {} : { "If-None-Match": known },
  );
}
