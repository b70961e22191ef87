import type { ChangedHint } from "../../shared/agent-protocol/types.ts";

const HINT = JSON.stringify({ changed: true } satisfies ChangedHint);
/** Hints per second, so that a change for everybody does not bring everybody at once. */
const HINTS_PER_SECOND = 250;

/** Sockets of nodes, which say when a poll is worth it. They hibernate: an idle one costs nothing. */
export class Sockets {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** A node has one socket: a second one takes its place. */
  open(node: string): Response {
    for (const old of this.#ctx.getWebSockets(node)) old.close(4409, "replaced");
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [node]);
    return new Response(null, { status: 101, webSocket: client });
  }

  isOpen(node: string): boolean {
    return this.#ctx.getWebSockets(node).length > 0;
  }

  close(node: string): void {
    for (const socket of this.#ctx.getWebSockets(node)) socket.close(4403, "no member any more");
  }

  hint(nodes: readonly string[]): void {
    const connected = nodes.filter((node) => this.isOpen(node));
    this.#send(connected.slice(0, HINTS_PER_SECOND));
    const rest = connected.slice(HINTS_PER_SECOND);
    if (rest.length > 0) this.#ctx.waitUntil(this.#sendSlowly(rest));
  }

  async #sendSlowly(nodes: readonly string[]): Promise<void> {
    for (let at = 0; at < nodes.length; at += HINTS_PER_SECOND) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      this.#send(nodes.slice(at, at + HINTS_PER_SECOND));
    }
  }

  #send(nodes: readonly string[]): void {
    for (const socket of nodes.flatMap((node) => this.#ctx.getWebSockets(node))) {
      try {
        socket.send(HINT);
      } catch {
        // It is closing: the node polls anyway.
      }
    }
  }
}
