import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyNetwork } from "../../scripts/local/admin.ts";
import { connectorKey, startConnector } from "../support/connector.ts";
import { closeServer, freePort, startSystem } from "../support/harness.ts";
import { initTrust } from "../support/trust.ts";
import { load } from "./support/load.ts";
import { startNginx, whyNoNginx } from "./support/nginx.ts";
import { startPump } from "./support/pump.ts";
import { atLeast, atMost, type BenchResult, median, percentile } from "./support/result.ts";

export const whyNot = whyNoNginx;

const MIB = 1024 * 1024;
const FILE_MIB = 256;
const ROUNDS = 3;
/** How much goes through in each direction to see whether memory grows. */
const LARGE_MIB = 2_048;

/**
 * What a private app costs: megabytes per second and added latency through an agent on this machine, against nginx in
 * front of the same application and against a WebSocket pump that does nothing else, taken in turn. And whether memory
 * stays flat while 2 GiB go through in each direction.
 */
export default async function tunnel(): Promise<BenchResult> {
  const files = mkdtempSync(join(tmpdir(), "rustronaut-files-"));
  const block = patternOf(FILE_MIB);
  writeFileSync(join(files, "file"), block);
  writeFileSync(join(files, "small"), "ok");
  const [upstreamPort, proxyPort] = [await freePort(), await freePort()];
  const nginx = await startNginx(files, upstreamPort, proxyPort);
  const large = createServer((incoming, outgoing) => void serveLarge(incoming, outgoing, block));
  await new Promise<void>((resolve) => large.listen(0, "127.0.0.1", resolve));
  const largePort = (large.address() as AddressInfo).port;
  const system = await startSystem({
    withoutDashboard: true,
    policies: [{ name: "all", source: "permit (principal, action, resource);" }],
  });
  await initTrust(system.admin);
  const place = { segment: "main", through: ["tag:gate"], settings: { anonymous: true } };
  await applyNetwork(system.admin, {
    version: 1,
    apps: [
      { name: "files", host: "files.localhost", upstreams: [`http://127.0.0.1:${upstreamPort}`], ...place },
      { name: "large", host: "large.localhost", upstreams: [`http://127.0.0.1:${largePort}`], ...place },
    ],
  });
  const agent = await startConnector(system.hubOrigin, await connectorKey(system.admin, ["gate"]), {
    name: "gate",
    dial: `127.0.0.1:${upstreamPort},127.0.0.1:${largePort}`,
    apps: ["files", "large"],
  });
  const pump = await startPump(upstreamPort);
  const host = (name: string) => ({ host: `${name}.localhost:${system.port}` });
  const ways = {
    nginx: { port: proxyPort, headers: {} },
    pump: { port: pump.port, headers: {} },
    tunnel: { port: system.port, headers: host("files") },
  };
  const rates = new Map(Object.keys(ways).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const rate = await megabytesPerSecond(way.port, way.headers, "/file", FILE_MIB * MIB);
      if (round > 0) rates.get(name)?.push(rate);
    }
  }
  const latency = async (name: "nginx" | "tunnel") => {
    await load({ ...ways[name], path: "/small", connections: 1, seconds: 1 });
    return (await load({ ...ways[name], path: "/small", connections: 1, seconds: 2 })).latencies;
  };
  const [direct, through] = [await latency("nginx"), await latency("tunnel")];
  const before = residentMib(agent.pid);
  const peak = watchMemory(agent.pid);
  const digest = largeDigest(block);
  const down = await download(system.port, host("large"), "/large");
  const up = await upload(system.port, host("large"), block);
  const grown = peak() - before;
  const of = (name: string) => median(rates.get(name) ?? []);
  const ratio = (a: string, b: string) =>
    median((rates.get(a) ?? []).map((rate, i) => rate / (rates.get(b)?.[i] ?? Number.NaN)));
  await agent.end();
  await pump.stop();
  await nginx.stop();
  closeServer(large);
  await system.stop();
  rmSync(files, { recursive: true, force: true });
  return {
    metrics: {
      nginx_mb_s: of("nginx"),
      pump_mb_s: of("pump"),
      tunnel_mb_s: of("tunnel"),
      tunnel_vs_nginx_ratio: ratio("tunnel", "nginx"),
      large_download_mb_s: down.rate,
      large_upload_mb_s: up.rate,
      added_p50_ms: percentile(through, 0.5) - percentile(direct, 0.5),
      added_p99_ms: percentile(through, 0.99) - percentile(direct, 0.99),
      agent_before_mib: before,
    },
    goals: [
      atLeast("tunnel vs bare pump throughput", ratio("tunnel", "pump"), "ratio", 0.7),
      atMost("growth of the agent's memory", grown, "MiB", 64),
      atLeast(
        "2 GiB down and up with equal hashes",
        Number(down.sha256 === digest) + Number(up.sha256 === digest),
        "of 2",
        2,
      ),
    ],
  };
}

function patternOf(mib: number): Buffer {
  const bytes = Buffer.allocUnsafe(mib * MIB);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  return bytes;
}

function largeDigest(block: Buffer): string {
  const hash = createHash("sha256");
  for (let sent = 0; sent < LARGE_MIB; sent += FILE_MIB) hash.update(block);
  return hash.digest("hex");
}

async function serveLarge(
  incoming: IncomingMessage,
  outgoing: import("node:http").ServerResponse,
  block: Buffer,
): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of incoming as AsyncIterable<Buffer>) hash.update(chunk);
  if (incoming.method === "POST") return void outgoing.end(hash.digest("hex"));
  await sendLarge(outgoing, block);
  outgoing.end();
}

async function sendLarge(to: NodeJS.WritableStream, block: Buffer): Promise<void> {
  for (let sent = 0; sent < LARGE_MIB; sent += FILE_MIB) {
    for (let at = 0; at < block.length; at += MIB) {
      const isFull = !to.write(block.subarray(at, at + MIB));
      if (isFull) await new Promise((resolve) => to.once("drain", resolve));
    }
  }
}

async function megabytesPerSecond(
  port: number,
  headers: Readonly<Record<string, string>>,
  path: string,
  expected: number,
): Promise<number> {
  const begin = performance.now();
  const bytes = await new Promise<number>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
      });
      response.on("end", () => resolve(size)).on("error", reject);
    })
      .on("error", reject)
      .end();
  });
  if (bytes !== expected) throw new Error(`${bytes} bytes came instead of ${expected}`);
  return bytes / 1e6 / ((performance.now() - begin) / 1_000);
}

interface Passed {
  readonly sha256: string;
  readonly rate: number;
}

const rateSince = (begin: number): number => (LARGE_MIB * MIB) / 1e6 / ((performance.now() - begin) / 1_000);

function download(port: number, headers: Readonly<Record<string, string>>, path: string): Promise<Passed> {
  const begin = performance.now();
  const hash = createHash("sha256");
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      response.on("data", (chunk: Buffer) => hash.update(chunk));
      response.on("end", () => resolve({ sha256: hash.digest("hex"), rate: rateSince(begin) }));
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

function upload(port: number, headers: Readonly<Record<string, string>>, block: Buffer): Promise<Passed> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, path: "/large", method: "POST", headers, agent: false },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => resolve({ sha256: text, rate: rateSince(begin) }));
      },
    );
    outgoing.on("error", reject);
    void sendLarge(outgoing, block).then(() => outgoing.end(), reject);
  });
}

const residentMib = (pid: number): number =>
  Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0") / 1_024;

/** Looks at the memory of a process ten times a second. @returns What gives the most that was seen, in MiB. */
function watchMemory(pid: number): () => number {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, residentMib(pid));
  }, 100);
  return () => {
    clearInterval(timer);
    return most;
  };
}
