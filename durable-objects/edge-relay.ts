import { DurableObject } from "cloudflare:workers";
import { within } from "../shared/base/async/within.ts";
import { type ObjectsOf, objectOf } from "../shared/base/objects.ts";
import { EDGE_CLOSE, type EdgeRelayRpc, SEEK, takenIn } from "../shared/edge/edge-relay.ts";
import { decodeFrame } from "../shared/edge/frame.ts";
import { LEASE_MS, RENEW_MS } from "../shared/edge/limits.ts";
import type { SegmentMeshRpc } from "../shared/node/segment-mesh.ts";
import { type End, Ends, openingOf } from "./edge/ends.ts";
import { logError, logWarn } from "./log.ts";
import { onAlarm, RisingAlarm } from "./storage/alarm.ts";
import { timer } from "./timer.ts";

interface Environment {
  readonly SEGMENT_MESH: ObjectsOf<SegmentMeshRpc>;
}

const TIMEOUT_MS = 2_000;

/**
 * Relays the datagrams of one pair of nodes that no UDP path connects. It sees ciphertext of WireGuard, and decides nothing: the
 * segments' objects say whether the two may speak. `docs/edge-relay.md` says what it promises, and decision 0040 why there
 * is one for each pair.
 */
export class EdgeRelay extends DurableObject<Environment> implements EdgeRelayRpc {
  readonly #ends: Ends;
  readonly #alarm: RisingAlarm;
  /** The questions to the hub that are under way. */
  readonly #asked = new Map<WebSocket, Promise<boolean>>();

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    this.#ends = new Ends(ctx);
    this.#alarm = new RisingAlarm(ctx.storage);
  }

  async part(): Promise<void> {
    for (const end of this.#ends.all()) this.#close(end, EDGE_CLOSE.notAllowed, "not linked any more");
  }

  /** Opens the socket of a node, which the Worker has authenticated, and of which the hub said that it may. */
  override async fetch(request: Request): Promise<Response> {
    const opening = openingOf(new URL(request.url).searchParams);
    if (request.headers.get("upgrade") !== "websocket" || !opening)
      return new Response(null, { status: 426 });
    return this.#ends.open(opening) ?? new Response(null, { status: 409 });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const end = this.#ends.of(socket);
    // A socket that this side has closed may still have been sent something.
    if (!end) return;
    if (typeof message !== "string") return this.#carry(end, new Uint8Array(message));
    this.#heed(end, message);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#lost(socket);
    socket.close();
  }

  override webSocketError(socket: WebSocket): Promise<void> {
    return this.#lost(socket);
  }

  override alarm(): Promise<void> {
    this.#alarm.rang();
    return onAlarm(this.ctx.storage, async () => {
      await Promise.all(this.#ends.all().map((end) => this.#renew(end)));
    });
  }

  #heed(end: End, text: string): void {
    const verdict = end.count.say(Date.now());
    const taken = takenIn(text);
    if (verdict === "flood") this.#close(end, EDGE_CLOSE.violation, "far beyond the rate");
    else if (text !== SEEK && taken === null)
      this.#close(end, EDGE_CLOSE.violation, "such a text is not expected");
    else if (verdict === "dropped") return;
    else if (taken === null) this.#ends.seek(end);
    else end.count.taken(taken);
  }

  async #carry(end: End, frame: Uint8Array): Promise<void> {
    const now = Date.now();
    const verdict = end.count.send(frame.length, now);
    if (verdict === "flood") return this.#close(end, EDGE_CLOSE.violation, "far beyond the rate");
    if (decodeFrame(frame) === null)
      return this.#close(end, EDGE_CLOSE.violation, "no frame of WireGuard datagrams");
    if (verdict === "dropped") return;
    // Nobody may know whether they are linked still: then nothing goes on until somebody says so.
    if (end.leaseUntil <= now && !(await this.#renew(end))) return;
    if (!this.#ends.pass(end, frame)) return;
    end.count.carried(frame.length);
    this.#alarm.ring([now + RENEW_MS], now);
  }

  /**
   * Asks the hub again whether an end may send, and tells it what was carried. Closes both sockets when the answer is no.
   * However many frames wait for the answer, one question is under way.
   * @returns False when the answer is no, or when there is none.
   */
  #renew(end: End): Promise<boolean> {
    const { socket } = end;
    const asked = this.#asked.get(socket) ?? this.#ask(end).finally(() => this.#asked.delete(socket));
    this.#asked.set(socket, asked);
    return asked;
  }

  async #ask(end: End): Promise<boolean> {
    const allowed = await this.#tell(end);
    if (allowed) this.#ends.lease(end, Date.now() + LEASE_MS);
    if (allowed === false) await this.part();
    return allowed === true;
  }

  /** @returns What the hub says, or null when it does not answer. Then what was carried is told with the next question. */
  async #tell({ node, peer, segment, count }: End): Promise<boolean | null> {
    const bytes = count.takeCarried();
    try {
      const question = objectOf(this.env.SEGMENT_MESH, segment).edgeLease(node, peer, bytes);
      return await within(timer, TIMEOUT_MS, question);
    } catch (error) {
      count.carried(bytes);
      logError("edge_lease_unknown", error, { node });
      return null;
    }
  }

  async #lost(socket: WebSocket): Promise<void> {
    const end = this.#ends.lost(socket);
    if (end) await this.#tell(end);
  }

  #close(end: End, code: number, reason: string): void {
    if (code === EDGE_CLOSE.violation) logWarn("edge_relay_violated", { node: end.node, reason });
    this.#ends.close(end, code, reason);
    this.ctx.waitUntil(this.#tell(end));
  }
}
