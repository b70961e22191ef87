import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { type AgentState, agentsInOrder, FAILING_MS, SILENT_MS } from "../../shared/connector/choice.ts";
import type { AgentFailure, TunnelHealth } from "../../shared/connector/connector-tunnel.ts";
import { TUNNEL_PROTOCOL } from "../../shared/connector/limits.ts";
import { Link } from "../../shared/connector/link.ts";
import { WindowBudget } from "../../shared/connector/window-budget.ts";
import { logWarn } from "../log.ts";
import { Drained } from "./drained.ts";

/** What all streams of one object may hold, beyond their initial windows. An isolate has 128 MB. */
const BUDGET = 24 * 1024 * 1024;
/** The WebSocket close codes of ours: see `docs/agent-protocol.md`. */
const REPLACED = 4409;
const NOT_ADMITTED = 4403;
const POLICY_VIOLATION = 1008;

/** What is stored with a socket, so that it survives hibernation. */
interface Attachment {
  readonly node: string;
  readonly weight: number;
  readonly connectedAt: number;
  readonly isDraining: boolean;
}

/** How many nodes' failures are remembered. */
const MOST_FAILURES = 1_000;

/** One agent's socket, with the streams that go through it. */
interface Agent extends AgentState {
  readonly socket: WebSocket;
  readonly link: Link;
}

/** The agents of one app. Their sockets hibernate, so an app that nobody uses costs nothing. */
export class Agents {
  readonly #ctx: DurableObjectState;
  readonly #budget = new WindowBudget(BUDGET);
  readonly #links = new Map<WebSocket, Link>();
  readonly #drained: Drained;
  readonly #failingUntil = new Map<string, number>();
  readonly #failures = new BoundedMap<string, AgentFailure>(MOST_FAILURES);
  /** When a frame came last. Pings are counted by the run-time. */
  readonly #framedAt = new Map<WebSocket, number>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    this.#drained = new Drained(ctx.storage);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Opens the tunnel of an agent. An older tunnel of the same node is closed, unless it drains: then its streams may
   * end in peace.
   */
  open(node: string, weight: number): Response {
    for (const old of this.#ctx.getWebSockets(node)) {
      if (!attachmentOf(old).isDraining) this.#close(old, REPLACED, "replaced");
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [node]);
    attach(server, { node, weight, connectedAt: Date.now(), isDraining: false });
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { "sec-websocket-protocol": TUNNEL_PROTOCOL },
    });
  }

  /** The agents to ask, the best one first. */
  inOrder(now: number): readonly { readonly node: string; readonly link: Link }[] {
    return agentsInOrder(this.#all(), now);
  }

  health(): TunnelHealth {
    const now = Date.now();
    const sockets = this.#all().filter(({ heardAt }) => now - heardAt < SILENT_MS);
    const failures = sockets.flatMap(({ node }) => {
      const failure = this.#failures.get(node);
      return failure ? [[node, failure] as const] : [];
    });
    return {
      connected: sockets.map(({ node, weight, streams, heardAt, socket }) => {
        const { isDraining, connectedAt } = attachmentOf(socket);
        return { node, weight, streams, isDraining, heardAt, connectedAt };
      }),
      drained: [...this.#drained.nodes],
      failures: Object.fromEntries(failures),
    };
  }

  drain(node: string, isDrained: boolean): void {
    this.#drained.set(node, isDrained);
  }

  get streams(): number {
    return [...this.#links.values()].reduce((sum, { streams }) => sum + streams, 0);
  }

  /** An agent did not answer a request. @param isUnreachable It could not reach the application: others come first. */
  failed(node: string, detail: string, isUnreachable: boolean): void {
    const now = Date.now();
    this.#failures.set(node, { at: now, detail });
    if (isUnreachable) this.#failingUntil.set(node, now + FAILING_MS);
  }

  hear(socket: WebSocket, message: string | ArrayBuffer): void {
    // A socket that this side has closed may still have been sent something.
    if (socket.readyState !== WebSocket.OPEN) return;
    this.#framedAt.set(socket, Date.now());
    // A ping is answered by the run-time, and any other text is none of the protocol.
    const wrong =
      typeof message === "string"
        ? "text is not expected"
        : this.#linkOf(socket).receive(new Uint8Array(message));
    if (wrong === null) return;
    logWarn("tunnel_violated", { node: attachmentOf(socket).node, wrong });
    this.#close(socket, POLICY_VIOLATION, wrong);
  }

  lost(socket: WebSocket): void {
    this.#links.get(socket)?.lose("the agent's connection broke");
    this.#links.delete(socket);
    this.#framedAt.delete(socket);
  }

  /** Closes the tunnels of all nodes that are not among these. */
  keepOnly(nodes: ReadonlySet<string>): void {
    for (const socket of this.#ctx.getWebSockets()) {
      if (!nodes.has(attachmentOf(socket).node))
        this.#close(socket, NOT_ADMITTED, "not an agent of this app");
    }
  }

  #close(socket: WebSocket, code: number, reason: string): void {
    this.lost(socket);
    try {
      socket.close(code, reason.slice(0, 100));
    } catch {
      // The socket is closed already.
    }
  }

  #all(): Agent[] {
    return this.#ctx
      .getWebSockets()
      .filter((socket) => socket.readyState === WebSocket.OPEN)
      .map((socket) => {
        const { node, weight, connectedAt, isDraining } = attachmentOf(socket);
        const link = this.#linkOf(socket);
        const pingedAt = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
        return {
          socket,
          link,
          node,
          weight,
          isDraining: isDraining || this.#drained.nodes.has(node),
          streams: link.streams,
          isFull: link.isFull,
          heardAt: Math.max(connectedAt, pingedAt, this.#framedAt.get(socket) ?? 0),
          failingUntil: this.#failingUntil.get(node) ?? 0,
        };
      });
  }

  /** No stream is open while an object hibernates. So the link of a socket can begin anew. */
  #linkOf(socket: WebSocket): Link {
    const known = this.#links.get(socket);
    if (known) return known;
    const [first = 0] = crypto.getRandomValues(new Uint32Array(1));
    const port = {
      send: (frame: Uint8Array<ArrayBuffer>) => send(socket, frame),
      onDrain: () => attach(socket, { ...attachmentOf(socket), isDraining: true }),
    };
    // Frames of streams from before the hibernation may still come. A number that is far away can't be taken for theirs.
    const link = new Link(port, this.#budget, first);
    this.#links.set(socket, link);
    return link;
  }
}

const attachmentOf = (socket: WebSocket): Attachment => socket.deserializeAttachment() as Attachment;
const attach = (socket: WebSocket, attachment: Attachment): void => socket.serializeAttachment(attachment);

/** A socket that takes nothing any more is about to be reported as closed. */
function send(socket: WebSocket, frame: Uint8Array<ArrayBuffer>): void {
  try {
    socket.send(frame);
  } catch {}
}
