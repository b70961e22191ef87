import { DurableObject } from "cloudflare:workers";
import { base64url, fromBase64url } from "../shared/base/base64url.ts";
import {
  type ConnectorTunnelRpc,
  FAULT_HEADER,
  OPEN_HEADER,
  type TunnelFault,
  type TunnelHealth,
} from "../shared/connector/connector-tunnel.ts";
import { decodeOpenHead } from "../shared/connector/heads.ts";
import { Admission } from "./tunnel/admission.ts";
import { Agents } from "./tunnel/agents.ts";
import { exchange } from "./tunnel/exchange.ts";

interface Environment {
  readonly DB: D1Database;
}

/** How often it is asked, while streams are open, whether their agents may still serve the app. */
const CHECK_MS = 3_000;

/**
 * The tunnels of one app's agents. Requests of the gateway go through them. It decides nothing about access: the gateway
 * has decided before, and the agent verifies that. `docs/consistency-and-failure.md` says what it promises.
 */
export class ConnectorTunnel extends DurableObject<Environment> implements ConnectorTunnelRpc {
  readonly #agents: Agents;
  readonly #admission: Admission;
  #check: ReturnType<typeof setInterval> | null = null;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    this.#agents = new Agents(ctx);
    this.#admission = new Admission(env.DB, ctx.id.name ?? "", (nodes) => this.#agents.keepOnly(nodes));
  }

  async health(): Promise<TunnelHealth> {
    return this.#agents.health();
  }

  async drain(node: string, isDrained: boolean): Promise<void> {
    this.#agents.drain(node, isDrained);
  }

  /** Opens the tunnel of an agent, which the Worker has authenticated before, or sends a request of the gateway. */
  override async fetch(request: Request): Promise<Response> {
    const head = request.headers.get(OPEN_HEADER);
    if (head === null) return this.#connect(request);
    const open = decodeOpenHead(fromBase64url(head) ?? new Uint8Array(0));
    if (!open) return faulty({ fault: "malformed", detail: "the head of the request is malformed" });
    if (!(await this.#admission.isKnown()))
      return faulty({ fault: "offline", detail: "the registry can't say who may serve the app" });
    this.#keepChecking();
    const answer = await exchange(this.#agents, open, request.body, request.signal);
    return answer instanceof Response ? answer : faulty(answer);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#agents.hear(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#agents.lost(socket);
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    this.#agents.lost(socket);
  }

  #connect(request: Request): Response {
    const { searchParams } = new URL(request.url);
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    return this.#agents.open(searchParams.get("node") ?? "", Number(searchParams.get("weight")));
  }

  #keepChecking(): void {
    this.#check ??= setInterval(() => {
      if (this.#agents.streams > 0) void this.#admission.isKnown();
      else if (this.#check !== null) {
        clearInterval(this.#check);
        this.#check = null;
      }
    }, CHECK_MS);
  }
}

/** What is wrong goes in a header, since the answers of applications may have any status. */
const faulty = (fault: TunnelFault): Response =>
  new Response(null, {
    status: 502,
    headers: { [FAULT_HEADER]: base64url(new TextEncoder().encode(JSON.stringify(fault))) },
  });
