import { pause } from "../../shared/base/async/timer.ts";
import type { ChangedHint } from "../../shared/node/protocol/types.ts";
import { timer } from "../timer.ts";

/**
 * Agents say "ping" every 50 s. A socket that is silent for longer than two pings may be dead, even when it seems open.
 */
const SILENT_MS = 2 * 60_000;
/** Hints per second, so that a change for all nodes does not make all of them poll at once. */
const HINTS_PER_SECOND = 250;

/**
 * The sockets of nodes, which tell the nodes when a poll is worth it. The sockets hibernate, so an idle socket costs
 * nothing.
 */
export class Sockets {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Opens the socket of a node. A node has one socket, so a second socket replaces the first one. */
  open(node: string): Response {
    for (const old of this.#ctx.getWebSockets(node)) old.close(4409, "replaced");
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [node]);
    server.serializeAttachment({ openedAt: Date.now() } satisfies Attachment);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** When the node was last heard over its socket. Null when it has no socket, or when the socket fell silent. */
  heardAt(node: string, now: number): number | null {
    const [socket] = this.#ctx.getWebSockets(node);
    if (!socket) return null;
    const { openedAt } = socket.deserializeAttachment() as Attachment;
    const pingedAt = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    const heardAt = Math.max(openedAt, pingedAt);
    return now - heardAt < SILENT_MS ? heardAt : null;
  }

  close(node: string): void {
    for (const socket of this.#ctx.getWebSockets(node)) socket.close(4403, "no member any more");
  }

  /** @param directory The version of the directory that contains the change for these nodes. */
  hint(nodes: readonly string[], directory: number): void {
    const connected = nodes.filter((node) => this.#ctx.getWebSockets(node).length > 0);
    const hint = JSON.stringify({ changed: true, directory } satisfies ChangedHint);
    this.#send(connected.slice(0, HINTS_PER_SECOND), hint);
    const rest = connected.slice(HINTS_PER_SECOND);
    if (rest.length > 0) this.#ctx.waitUntil(this.#sendSlowly(rest, hint));
  }

  async #sendSlowly(nodes: readonly string[], hint: string): Promise<void> {
    for (let at = 0; at < nodes.length; at += HINTS_PER_SECOND) {
      await pause(timer, 1_000);
      this.#send(nodes.slice(at, at + HINTS_PER_SECOND), hint);
    }
  }

  #send(nodes: readonly string[], hint: string): void {
    for (const socket of nodes.flatMap((node) => this.#ctx.getWebSockets(node))) {
      try {
        socket.send(hint);
      } catch {
        // The socket is closing. The node polls anyway.
      }
    }
  }
}

interface Attachment {
  /** Milliseconds since the Unix epoch. */
  readonly openedAt: number;
}
