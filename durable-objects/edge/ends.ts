import { EdgeEnd } from "../../shared/edge/edge-end.ts";
import { AWAY, EDGE_CLOSE, type EdgeOpening, HERE, SEEK } from "../../shared/edge/edge-relay.ts";
import { EDGE_PROTOCOL } from "../../shared/edge/limits.ts";

/** What is stored with a socket, so that it survives hibernation. */
interface Attachment extends Omit<EdgeOpening, "handshake" | "counter"> {
  /** Until when the end may send, in milliseconds since the Unix epoch. 0: the hub was not asked since it opened. */
  readonly leaseUntil: number;
}

/** One end of the pair: an open socket, and what is counted of it. */
export interface End extends Attachment {
  readonly socket: WebSocket;
  readonly count: EdgeEnd;
}

/** The request that opened a node's newest socket: its session's handshake, and its counter in it. */
type Opened = readonly [handshake: number, counter: number];

/** The two ends of a pair. Their sockets hibernate, so a pair that is silent costs nothing. */
export class Ends {
  readonly #ctx: DurableObjectState;
  readonly #ends = new Map<WebSocket, End>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Opens the socket of a node. It takes the place of an older one. It has no lease: what the Worker heard from the hub may have
   * ended by now, and whoever parts the pair finds no socket before this one is open.
   * @returns Null when the request came before: the isolate that judged it may not be the one that saw it first.
   */
  open({ node, peer, segment, handshake, counter }: EdgeOpening): Response | null {
    const { kv } = this.#ctx.storage;
    const [lastHandshake, lastCounter] = kv.get<Opened>(node) ?? [-1, -1];
    if (handshake < lastHandshake || (handshake === lastHandshake && counter <= lastCounter)) return null;
    kv.put<Opened>(node, [handshake, counter]);
    for (const old of this.#ctx.getWebSockets(node)) {
      this.#ends.delete(old);
      closeQuietly(old, EDGE_CLOSE.replaced, "replaced");
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [node]);
    server.serializeAttachment({ node, peer, segment, leaseUntil: 0 } satisfies Attachment);
    for (const other of this.#socketsOf(peer)) {
      sendQuietly(other, HERE);
      sendQuietly(server, HERE);
    }
    const headers = { "sec-websocket-protocol": EDGE_PROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** The end of a socket. Null when the socket is closed. */
  of(socket: WebSocket): End | null {
    if (socket.readyState !== WebSocket.OPEN) return null;
    const known = this.#ends.get(socket);
    if (known) return known;
    const attachment = socket.deserializeAttachment() as Attachment;
    const end = { ...attachment, socket, count: new EdgeEnd(Date.now()) };
    this.#ends.set(socket, end);
    return end;
  }

  all(): End[] {
    return this.#ctx.getWebSockets().flatMap((socket) => this.of(socket) ?? []);
  }

  /** Passes a frame on to the other end. @returns False when it was dropped: nobody is there, or it takes too slowly. */
  pass({ peer }: End, frame: Uint8Array): boolean {
    const [socket] = this.#socketsOf(peer);
    const other = socket && this.of(socket);
    return Boolean(other?.count.receive(frame.length) && sendQuietly(other.socket, frame));
  }

  /** Tells the other end that this one looks for a direct path now. */
  seek({ peer }: End): void {
    for (const other of this.#socketsOf(peer)) sendQuietly(other, SEEK);
  }

  lease(end: End, leaseUntil: number): void {
    const { node, peer, segment, socket } = end;
    if (this.#ends.get(socket) !== end) return;
    this.#ends.set(socket, { ...end, leaseUntil });
    socket.serializeAttachment({ node, peer, segment, leaseUntil } satisfies Attachment);
  }

  /** Forgets a socket that is gone. @returns Its end, if it had one. */
  lost(socket: WebSocket): End | null {
    const end = this.#ends.get(socket) ?? null;
    this.#ends.delete(socket);
    const { node, peer } = socket.deserializeAttachment() as Attachment;
    if (this.#socketsOf(node).every((one) => one === socket))
      for (const other of this.#socketsOf(peer)) sendQuietly(other, AWAY);
    return end;
  }

  close({ socket }: End, code: number, reason: string): void {
    this.lost(socket);
    closeQuietly(socket, code, reason);
  }

  #socketsOf(node: string): WebSocket[] {
    return this.#ctx.getWebSockets(node).filter(({ readyState }) => readyState === WebSocket.OPEN);
  }
}

/** The opening that the Worker sent. Null when it is not whole. */
export function openingOf(query: URLSearchParams): EdgeOpening | null {
  const [node, peer, segment] = [query.get("node"), query.get("peer"), query.get("segment")];
  const [handshake, counter] = [Number(query.get("handshake")), Number(query.get("counter"))];
  return node && peer && segment ? { node, peer, segment, handshake, counter } : null;
}

/** A socket that takes nothing any more is about to be reported as closed. */
function sendQuietly(socket: WebSocket, message: string | Uint8Array): boolean {
  try {
    socket.send(message);
    return true;
  } catch {
    return false;
  }
}

function closeQuietly(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // The socket is closed already.
  }
}
