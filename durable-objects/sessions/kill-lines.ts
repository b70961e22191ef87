import { closeCodeOf } from "../../shared/access/sessions/close-code.ts";
import {
  KILL_LINE_PING,
  KILL_LINE_PONG,
  type KillLineMessage,
} from "../../shared/access/sessions/kill-line.ts";
import type { Session, SessionEndReason } from "../../shared/access/sessions/types.ts";

/** The WebSocket close code (registry of RFC 6455) for a server that can't serve the request now. */
const TRY_AGAIN_LATER = 1013;

/** The WebSockets between gateway streams and their session. They hibernate and survive the object's eviction. */
export class KillLines {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(KILL_LINE_PING, KILL_LINE_PONG));
  }

  /** Accepts a line. It sends `first` before anything else. */
  open(sessionId: string, first: KillLineMessage | null): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [sessionId]);
    if (first) send(server, first);
    if (first?.type === "end") close(server, first.closeCode, first.reason);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** The session that a line belongs to. */
  sessionOf(line: WebSocket): string {
    return this.#ctx.getTags(line)[0] ?? "";
  }

  areOpen(): boolean {
    return this.#ctx.getWebSockets().some((line) => line.readyState === WebSocket.OPEN);
  }

  /** Closes every line without saying anything about its session. The holder must ask again. */
  cutAll(): void {
    for (const line of this.#ctx.getWebSockets()) close(line, TRY_AGAIN_LATER, "stale");
  }

  cut(sessionId: string, reason: SessionEndReason): void {
    const message = endMessage(reason, Date.now());
    for (const line of this.#ctx.getWebSockets(sessionId)) {
      send(line, message);
      close(line, message.closeCode, reason);
    }
  }

  /**
   * Sends each holder the session as it is now, so that the holder decides again. A line whose session `read` does not
   * find gets no message.
   * @param sessionId The session whose lines are meant. Null means all lines.
   */
  recheck(sessionId: string | null, epoch: number, read: (id: string) => Session | null): void {
    const messages = new Map<string, KillLineMessage>();
    const at = Date.now();
    for (const line of this.#ctx.getWebSockets(sessionId ?? undefined)) {
      const id = this.sessionOf(line);
      const session = messages.has(id) ? null : read(id);
      if (session) messages.set(id, { type: "recheck", epoch, session, at });
      const message = messages.get(id);
      if (message) send(line, message);
    }
  }
}

/** Whether the last decision of who opens a line rested on the newest that is known. Its query says on what. */
export const knowsNewest = (query: URLSearchParams, epoch: number, session: Session): boolean =>
  Number(query.get("epoch") ?? -1) >= epoch &&
  Number(query.get("version") ?? -1) >= session.principal.version &&
  Number(query.get("risk") ?? 0) >= (session.risk?.version ?? 0) &&
  Number(query.get("device") ?? 0) >= (session.device?.device.version ?? 0);

/** @param at When the session's object learnt that the session is over, in milliseconds. */
export function endMessage(reason: SessionEndReason, at: number): KillLineMessage & { type: "end" } {
  return { type: "end", reason, closeCode: closeCodeOf(reason), at };
}

/**
 * Sends a message. An error means that the line is already lost. The loss cuts the stream, so the message is not
 * needed.
 */
function send(line: WebSocket, message: KillLineMessage): void {
  try {
    line.send(JSON.stringify(message));
  } catch {}
}

function close(line: WebSocket, code: number, reason: string): void {
  try {
    line.close(code, reason);
  } catch {}
}
