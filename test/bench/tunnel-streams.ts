import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";
import { applyNetwork } from "../../scripts/local/admin.ts";
import { connectorKey, startConnector } from "../support/connector.ts";
import { closeServer, freePort, startSystem } from "../support/harness.ts";
import { initTrust } from "../support/trust.ts";
import { heldAfterCollection } from "./support/heap.ts";
import { atLeast, atMost, type BenchResult } from "./support/result.ts";

/** Downloads that never end, all through one agent. */
const STREAMS = 200;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 20_000;
/** WebSockets that open, say something and close. */
const CYCLES = Number(process.env.RUSTRONAUT_CYCLES ?? 10_000);
const AT_ONCE = 20;
const PIECE = Buffer.alloc(64 * 1024, 7);

/**
 * Many streams of one private app through one agent: how fairly 200 downloads share it, and what the agent holds after 10,000
 * connections came and went. `RUSTRONAUT_CYCLES` makes fewer.
 */
export default async function tunnelStreams(): Promise<BenchResult> {
  const app = createServer((_request, response) => {
    const send = () => {
      while (!response.destroyed && response.write(PIECE));
    };
    response.on("drain", send);
    send();
  });
  new WebSocketServer({ server: app }).on("connection", (socket) =>
    socket.on("message", (data) => socket.send(data)),
  );
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const { port } = app.address() as AddressInfo;
  const system = await startSystem({
    withoutDashboard: true,
    policies: [{ name: "all", source: "permit (principal, action, resource);" }],
  });
  await initTrust(system.admin);
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      {
        ...{ name: "many", host: "many.localhost", segment: "main", through: ["tag:gate"] },
        ...{ upstreams: [`http://127.0.0.1:${port}`], settings: { anonymous: true } },
      },
    ],
  });
  const inspector = await freePort();
  process.env.NODE_OPTIONS = `--inspect=127.0.0.1:${inspector}`;
  const agent = await startConnector(system.hubOrigin, await connectorKey(system.admin, ["gate"]), {
    ...{ name: "gate", dial: `127.0.0.1:${port}`, apps: ["many"] },
  });
  delete process.env.NODE_OPTIONS;
  const host = `many.localhost:${system.port}`;

  const shares = await sharesOf(system.port, host);
  await cycles(system.port, host, CYCLES / 5);
  const before = await heldAfterCollection(inspector);
  const began = performance.now();
  await cycles(system.port, host, CYCLES);
  const seconds = (performance.now() - began) / 1_000;
  const after = await heldAfterCollection(inspector);
  await agent.end();
  closeServer(app);
  await system.stop();
  return {
    metrics: {
      streams_total_mb_s: shares.reduce((sum, share) => sum + share, 0) / 1e6 / (MEASURED_MS / 1_000),
      streams_least_vs_mean_ratio: Math.min(...shares) / meanOf(shares),
      streams_most_vs_mean_ratio: Math.max(...shares) / meanOf(shares),
      cycles_per_s: CYCLES / seconds,
      agent_heap_before_mib: before.heap,
      agent_heap_after_mib: after.heap,
      agent_external_after_mib: after.external,
      agent_resident_before_mib: before.resident,
      agent_resident_after_mib: after.resident,
    },
    goals: [
      atLeast(`fairness of ${STREAMS} downloads (Jain's index)`, jainOf(shares), "of 1", 0.95),
      atMost(
        `growth of the agent's memory in use over ${CYCLES} connections`,
        after.heap + after.external - before.heap - before.external,
        "MiB",
        2,
      ),
    ],
  };
}

const meanOf = (shares: readonly number[]): number =>
  shares.reduce((sum, share) => sum + share, 0) / shares.length;

/** Jain's index of fairness: 1 when all shares are equal, 1/n when one has everything (Jain, Chiu and Hawe 1984). */
function jainOf(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  return sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0));
}

/** How many bytes each of the downloads got in the measured time. */
async function sharesOf(port: number, host: string): Promise<number[]> {
  const received = new Array<number>(STREAMS).fill(0);
  const requests = received.map((_, i) =>
    request({ host: "127.0.0.1", port, path: `/${i}`, headers: { host }, agent: false }, (response) => {
      response.on("data", (chunk: Buffer) => {
        received[i] = (received[i] ?? 0) + chunk.length;
      });
      response.on("error", () => undefined);
    }),
  );
  for (const one of requests) one.on("error", () => undefined).end();
  // On a busy machine, it takes a while until the last one has begun.
  while (received.includes(0)) await sleep(200);
  await sleep(WARM_UP_MS);
  const before = [...received];
  await sleep(MEASURED_MS);
  const shares = received.map((bytes, i) => bytes - (before[i] ?? 0));
  for (const one of requests) one.destroy();
  return shares;
}

async function cycles(port: number, host: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => cycle(port, host)));
}

function cycle(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, {
      headers: { host },
      origin: `http://${host}`,
    });
    socket.on("open", () => socket.send("here"));
    socket.on("message", () => socket.close());
    socket.on("close", () => resolve()).on("error", reject);
  });
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
