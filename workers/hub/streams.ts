import type { AuditRow } from "../../shared/audit/types.ts";
import type { StreamWatch } from "../gateway/stream-watch.ts";
import type { Bindings } from "../platform/env.ts";
import { auditObject } from "../platform/objects.ts";
import { watchStanding } from "./standing.ts";

const HEARTBEAT_MS = 15_000;
/** A stream ends at the latest after this time. The browser reconnects by itself. */
const LIFETIME_MS = 60_000;
const RECONNECT_MS = 1_000;
/**
 * The most characters that a slow reader may be behind. Then the stream is cut, and the reader resumes at the
 * place where it stopped.
 */
const MAX_BACKLOG = 2_000_000;

type Accepts = (row: AuditRow) => boolean;

/**
 * The audit log as server-sent events. `id` is the leaf number, so that a browser resumes by itself
 * (`Last-Event-ID`). `?after=<leaf>` says where the stream starts. `?kinds=`, `?app=` and `?decision=` say
 * what is sent. The stream is cut when its reader loses the right to read.
 */
export async function followAudit(request: Request, bindings: Bindings): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const isDecisions = pathname.endsWith("/decisions/stream");
  const query = new URLSearchParams();
  const after = request.headers.get("last-event-id") ?? searchParams.get("after");
  if (after !== null && /^\d{1,15}$/.test(after)) query.set("after", after);
  const kinds = isDecisions ? "decision" : searchParams.get("kinds");
  if (kinds !== null) query.set("kinds", kinds);
  const watch = await watchStanding(request, bindings, "auditor");
  const answer = await auditObject(bindings).fetch(`https://audit/follow?${query}`, {
    headers: { upgrade: "websocket" },
  });
  const socket = answer.webSocket;
  if (!socket) {
    watch.close();
    throw new Error(`the audit log can't be followed: ${answer.status}`);
  }
  watch.endWith(request.signal);
  return new Response(eventsOf(socket, watch, isDecisions, filterOf(searchParams)), {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-rustronaut-response": "stream",
    },
  });
}

/** Filters by app (name or id) and by outcome. Rows that are not decisions have neither. */
function filterOf(params: URLSearchParams): Accepts {
  const app = params.get("app");
  const decision = params.get("decision");
  return ({ entry }) =>
    entry.kind !== "decision" ||
    ((app === null || app === entry.appName || app === entry.appId) &&
      (decision === null || decision === entry.decision));
}

function eventsOf(
  socket: WebSocket,
  watch: StreamWatch,
  isDecisions: boolean,
  accepts: Accepts,
): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  let backlog = 0;
  const stop = () => {
    clearInterval(heartbeat);
    clearTimeout(end);
    watch.close();
    close(socket);
    writer.close().catch(() => undefined);
  };
  const write = (text: string) => {
    if (backlog > MAX_BACKLOG) return stop();
    backlog += text.length;
    writer.write(encoder.encode(text)).then(() => {
      backlog -= text.length;
    }, stop);
  };
  const heartbeat = setInterval(() => write(": \n\n"), HEARTBEAT_MS);
  const end = setTimeout(stop, LIFETIME_MS);
  socket.addEventListener("message", ({ data }) => {
    const row = JSON.parse(String(data)) as AuditRow;
    if (!accepts(row)) return;
    const event = isDecisions ? { leaf: row.leaf, ...row.entry } : row;
    write(`id: ${row.leaf}\n${isDecisions ? "event: decision\n" : ""}data: ${JSON.stringify(event)}\n\n`);
  });
  socket.addEventListener("close", stop);
  socket.addEventListener("error", stop);
  writer.closed.then(stop, stop);
  watch.signal.addEventListener("abort", stop);
  socket.accept();
  write(`retry: ${RECONNECT_MS}\n\n`);
  return readable;
}

function close(socket: WebSocket): void {
  try {
    socket.close(1000, "done");
  } catch {
    // The stream is already closed.
  }
}
