import type { Bindings } from "../env.ts";

/** Answers nothing until the parts that the sign-in needs (`app.ts`) are all there. */
export async function serveAuth(
  _request: Request,
  _bindings: Bindings,
  _ctx: ExecutionContext,
): Promise<Response> {
  return new Response("not built yet", { status: 503 });
}
