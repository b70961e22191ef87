import { HEADERS, LEAST_CAPABILITY, WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";
import { Refused, throwRefusal } from "../platform/refused.ts";
import { failed } from "../platform/trouble.ts";
import { readBytes } from "./body.ts";
import { challenge } from "./challenge.ts";
import { config, object } from "./config.ts";
import { openEdge } from "./edge.ts";
import { enroll } from "./enroll.ts";
import { proveHandshake, shakeHands } from "./handshake.ts";
import { hits } from "./hits.ts";
import { logout } from "./logout.ts";
import { json, problem, type Reply, toResponse } from "./refused.ts";
import { rotate } from "./rotate.ts";
import { type AgentSession, openSession, requireFresh, sealAnswer } from "./session.ts";
import { requireMember } from "./standing.ts";
import { telemetry } from "./telemetry.ts";
import { trust } from "./trust.ts";
import { openTunnel, tunnels } from "./tunnels.ts";
import { requireUpgrade } from "./upgrade.ts";

const BASE = "/agent/v1";
const OBJECT = /^\/agent\/v1\/objects\/([^/]{1,100})$/;

/**
 * Serves the API of the agents (`docs/agent-protocol.md`). Any failure is answered with 503. A failure never allows
 * anything.
 */
export async function serveAgentApi(
  request: Request,
  bindings: Bindings,
  url = new URL(request.url),
): Promise<Response> {
  try {
    const { pathname, search } = url;
    const body = await readBytes(request.body, WIRE_LIMITS.jsonBytes);
    const open = OPEN[`${request.method} ${pathname}`];
    if (open) return await open(bindings, body, request);
    return await serveSession(request, pathname, pathname + search, bindings, body);
  } catch (error) {
    return toResponse(await settled(() => Promise.reject(error), bindings, request));
  }
}

/** What the agent says that it understands. An agent that says nothing understands the least. */
function capabilityOf(request: Request): number {
  const stated = request.headers.get(HEADERS.capability);
  if (stated === null) return LEAST_CAPABILITY;
  return /^\d{1,9}$/.test(stated) ? Number(stated) : 0;
}

function requireCapability(request: Request, { hubOrigin }: Bindings): void {
  if (capabilityOf(request) >= LEAST_CAPABILITY) return;
  throwRefusal(
    "upgrade_required",
    `This hub speaks to agents of capability ${LEAST_CAPABILITY} or newer. Upgrade the agent: curl -fsSL ${hubOrigin}/install.sh | sudo sh`,
  );
}

/** The answer to an error. An unexpected error is recorded, and the caller only gets the number to report. */
async function problemOf(error: unknown, bindings: Bindings, request: Request): Promise<Reply> {
  if (error instanceof Refused) return problem(error.refusal);
  const { refused, number } = await failed(bindings, "agents", request, error);
  return problem(refused, number);
}

type OpenHandler = (bindings: Bindings, body: Uint8Array, request: Request) => Promise<Response>;

/** The handlers of requests that need no session. */
const OPEN: Readonly<Record<string, OpenHandler>> = {
  [`GET ${BASE}/trust`]: unproven((bindings) => trust(bindings, Date.now())),
  [`POST ${BASE}/enroll/challenge`]: unproven((bindings, body) => challenge(bindings, body, Date.now())),
  [`POST ${BASE}/enroll`]: unproven((bindings, body) => enroll(bindings, body, Date.now())),
  [`POST ${BASE}/handshake`]: async (bindings, body, request) => {
    const now = Date.now();
    const proven = await proveHandshake(bindings, body, now);
    const work = async () => json(await shakeHands(bindings, proven, capabilityOf(request), now));
    const reply = await settled(work, bindings, request);
    return sealAnswer(proven.session, reply, bindings, Date.now());
  },
};

/** Answers without a session, so without a MAC. */
function unproven(work: (bindings: Bindings, body: Uint8Array) => Promise<unknown>): OpenHandler {
  return async (bindings, body, request) =>
    toResponse(await settled(async () => json(await work(bindings, body)), bindings, request));
}

/**
 * Serves requests of a session. After the session is opened, refusals also carry its MAC, because an answer without a
 * MAC changes nothing on a node.
 */
async function serveSession(
  request: Request,
  pathname: string,
  target: string,
  bindings: Bindings,
  body: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  if (!isKnown(pathname)) throwRefusal("not_found", "The agent API has no such path.");
  const session = await openSession(request, bindings, target, body);
  const open = SOCKETS[`${request.method} ${pathname}`];
  if (open) {
    requireCapability(request, bindings);
    requireFresh(session, request.headers.get(HEADERS.counter), Date.now());
    return open(request, bindings, session, new URLSearchParams(target.split("?")[1] ?? ""));
  }
  const work = async () => {
    requireFresh(session, request.headers.get(HEADERS.counter), Date.now());
    return answer(request, pathname, bindings, session, body);
  };
  const reply = await settled(work, bindings, request);
  return sealAnswer(session, reply, bindings, Date.now());
}

const PATHS = new Set(
  [
    "config",
    "telemetry",
    "keys/challenge",
    "keys",
    "logout",
    "socket",
    "tunnels",
    "tunnel",
    "hits",
    "edge",
  ].map((path) => `${BASE}/${path}`),
);
const isKnown = (pathname: string): boolean => PATHS.has(pathname) || OBJECT.test(pathname);

type SocketHandler = (
  request: Request,
  bindings: Bindings,
  session: AgentSession,
  query: URLSearchParams,
) => Promise<Response>;

/** What is answered with a WebSocket. */
const SOCKETS: Readonly<Record<string, SocketHandler>> = {
  [`GET ${BASE}/socket`]: openSocket,
  [`GET ${BASE}/tunnel`]: openTunnel,
  [`GET ${BASE}/edge`]: openEdge,
};

/**
 * The reply of `work`, or the refusal. An agent that is too old hears only that it is: in the reply, which gets the session's
 * MAC where the agent still proves itself in a way that this hub understands. Only then may it believe it.
 */
async function settled(work: () => Promise<Reply>, bindings: Bindings, request: Request): Promise<Reply> {
  try {
    requireCapability(request, bindings);
    return await work();
  } catch (error) {
    return problemOf(error, bindings, request);
  }
}

async function answer(
  request: Request,
  pathname: string,
  bindings: Bindings,
  session: AgentSession,
  body: Uint8Array<ArrayBuffer>,
): Promise<Reply> {
  const now = Date.now();
  const hash = OBJECT.exec(pathname)?.[1];
  switch (`${request.method} ${hash === undefined ? pathname : `${BASE}/objects`}`) {
    case `GET ${BASE}/config`:
      return config(request, bindings, session);
    case `GET ${BASE}/objects`:
      return object(bindings, session, hash ?? "");
    case `GET ${BASE}/tunnels`:
      return json(await tunnels(bindings, session));
    case `POST ${BASE}/hits`:
      return hits(bindings, session, body);
    case `POST ${BASE}/telemetry`:
      return telemetry(request, bindings, session, body, now);
    case `POST ${BASE}/keys/challenge`:
      await requireMember(bindings, session, true);
      return json(await challenge(bindings, body, now));
    case `POST ${BASE}/keys`:
      return rotate(bindings, session, body, now);
    case `POST ${BASE}/logout`:
      return logout(bindings, session, now);
    default:
      return throwRefusal("method_not_allowed", "This path does not take this method.");
  }
}

/**
 * Opens a socket that gives hints about changes. A node needs to believe nothing that the socket carries, so the socket
 * needs no MAC of its own.
 */
async function openSocket(request: Request, bindings: Bindings, session: AgentSession): Promise<Response> {
  await requireMember(bindings, session, true);
  requireUpgrade(request, null);
  const url = `https://mesh/?node=${encodeURIComponent(session.node)}`;
  return meshObject(bindings, session.ticket.segment).fetch(url, { headers: { upgrade: "websocket" } });
}
