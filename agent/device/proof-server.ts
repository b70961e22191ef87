import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { PerSecond } from "../../shared/base/async/per-second.ts";
import {
  DEVICE_PROOF_PATH,
  DEVICE_PROOF_PORTS,
  MAX_PROOF_REQUEST,
  readProofRequest,
} from "../../shared/node/protocol/device-proof.ts";
import type { SignedStatement } from "../../shared/node/protocol/types.ts";

const LOOPBACK = "127.0.0.1";
/** A signature takes some milliseconds of this machine. Pages of the auth host ask once. */
const MOST_PER_SECOND = 5;
const TIMEOUT_MS = 5_000;

export interface Prover {
  /** The origin of the auth host. Null while the hub has not named it: then no page is answered. */
  readonly origin: () => string | null;
  /** Signs the answer to a challenge for the auth host of this origin. */
  readonly sign: (challenge: string, origin: string) => Promise<SignedStatement>;
}

/**
 * Answers pages of the auth host, and nobody else, on the loopback interface. A page of another site is told nothing, not
 * even whether an agent runs here beyond that the port is taken: it gets no CORS headers. A name that was made to point to
 * this machine (DNS rebinding) shows in `Host`.
 *
 * @param now A clock in milliseconds, by which signatures are counted.
 * @throws Error when all ports are taken.
 */
export async function serveProofs(
  prover: Prover,
  ports: readonly number[] = DEVICE_PROOF_PORTS,
  now: () => number = () => performance.now(),
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const rate = new PerSecond(MOST_PER_SECOND);
  const mayGoOn = () => rate.take(now());
  const server = createServer(
    { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
    (request, response) => {
      void answer(request, response, prover, mayGoOn).catch(() => refuse(response, 503));
    },
  );
  server.maxConnections = 16;
  const port = await listen(server, ports);
  return {
    port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    const isFree = await new Promise<boolean>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) =>
        error.code === "EADDRINUSE" ? resolve(false) : reject(error);
      server.once("error", onError).listen(port, LOOPBACK, () => {
        server.removeListener("error", onError);
        resolve(true);
      });
    });
    const address = server.address();
    if (isFree && typeof address === "object" && address !== null) return address.port;
  }
  throw new Error(`The ports ${ports.join(", ")} of ${LOOPBACK} are all taken`);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { origin, sign }: Prover,
  mayGoOn: () => boolean,
): Promise<void> {
  const { headers, method, url, socket } = request;
  const allowed = origin();
  const isForUs = headers.host === `${LOOPBACK}:${socket.localPort}` && url === DEVICE_PROOF_PATH;
  if (!isForUs || allowed === null || headers.origin !== allowed) return refuse(response, 403);
  response.setHeader("Access-Control-Allow-Origin", allowed);
  response.setHeader("Vary", "Origin");
  if (method === "OPTIONS") {
    response.setHeader("Access-Control-Allow-Methods", "POST");
    response.setHeader("Access-Control-Allow-Headers", "content-type");
    // Private Network Access: browsers that ask whether a page may reach this machine.
    response.setHeader("Access-Control-Allow-Private-Network", "true");
    response.writeHead(204).end();
    return;
  }
  // A form or an image can't send this type without the preflight above.
  if (method !== "POST" || headers["content-type"] !== "application/json") return refuse(response, 405);
  if (!mayGoOn()) return refuse(response, 429);
  const challenge = readProofRequest(await bodyOf(request));
  if (challenge === null) return refuse(response, 400);
  const proof = JSON.stringify(await sign(challenge, allowed));
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" }).end(proof);
}

function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { Connection: "close" }).end();
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_PROOF_REQUEST) return new Uint8Array(0);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
