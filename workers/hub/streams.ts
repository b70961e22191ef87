import type { AuditRow } from "../../shared/audit/types.ts";
import type { Bindings } from "../env.ts";
import { auditObject } from "../objects.ts";

const HEARTBEAT_MS = 15_000;

/**
 * The audit log as server-sent events: `id` is the leaf number, so that a browser resumes by itself
 * (`Last-Event-ID`); `?after=<leaf>` and `?kinds=` choose where it starts and what is sent.
 */
export async function followAudit(request: Request, bindings: Bindings): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const isDecisions = pathname.endsWith("/decisions/stream");
  const query = new URLSearchParams();
  const after = request.headers.get("last-event-id") ?? searchParams.get("after");
  if (after !== null && /^\d{1,16}$/.test(after)) query.set("after", after);
  const kinds = isDecisions ? "decision" : searchParams.get("kinds");
  if (kinds !== null) query.set("kinds", kinds);
  const answer = await auditObject(bindings).fetch(`https://audit/follow?${query}`, {
    headers: { upgrade: "websocket" },
  });
  const socket = answer.webSocket;
  if (!socket) throw new Error(`the audit log can't be followed: ${answer.status}`);
  return new Response(eventsOf(socket, isDecisions), {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-rustronaut-response": "stream",
    },
  });
}

function eventsOf(socket: WebSocket, isDecisions: boolean): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const stop = () => {
    clearInterval(heartbeat);
    close(socket);
    writer.close().catch(() => undefined);
  };
  const write = (text: string) => void writer.write(encoder.encode(text)).catch(stop);
  const heartbeat = setInterval(() => write(": \n\n"), HEARTBEAT_MS);
  socket.addEventListener("message", ({ data }) => {
    const row = JSON.parse(String(data)) as AuditRow;
    const event = isDecisions ? { leaf: row.leaf, ...row.entry } : row;
    write(`id: ${row.leaf}\n${isDecisions ? "event: decision\n" : ""}data: ${JSON.stringify(event)}\n\n`);
  });
  socket.addEventListener("close", stop);
  socket.addEventListener("error", stop);
  socket.accept();
  write(": \n\n");
  return readable;
}

function close(socket: WebSocket): void {
  try {
    socket.close(1000, "done");
  } catch {
    // It is closed already.
  }
}
