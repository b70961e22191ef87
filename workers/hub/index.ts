import type { Bindings } from "../env.ts";

export async function serveHub(
  _request: Request,
  _bindings: Bindings,
  _ctx: ExecutionContext,
): Promise<Response> {
  return new Response("not built yet", { status: 503 });
}
