import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import {
  natPmpAddress,
  natPmpAddressRequest,
  natPmpAnswer,
  natPmpRequest,
} from "../../shared/net/nat-pmp.ts";
import {
  type MappedPort,
  type MapRequest,
  NAT_PMP_VERSION,
  PCP_PORT,
  pcpAnswer,
  pcpRequest,
} from "../../shared/net/pcp.ts";

/** How long (milliseconds) an answer is waited for, before each try and after the last. */
const TRIES_MS = [250, 500, 1_000];

/** The router refused. Its result code is in the text. */
export class MappingRefused extends Error {
  override readonly name = "MappingRefused";
}

/**
 * Asks a router to open a port to this machine, by PCP, or by NAT-PMP where it knows no more.
 * @param router Its address, IPv4.
 * @returns Null when nothing answers there.
 * @throws MappingRefused.
 */
export async function askForPort(
  router: string,
  wanted: Omit<MapRequest, "client">,
  routerPort = PCP_PORT,
): Promise<MappedPort | null> {
  const socket = createSocket("udp4");
  try {
    // From now on the kernel passes on only what the router sends.
    socket.connect(routerPort, router);
    await once(socket, "connect");
    const request = { ...wanted, client: socket.address().address };
    const answer = await exchange(socket, pcpRequest(request), (bytes) =>
      bytes[0] === NAT_PMP_VERSION ? "older" : pcpAnswer(bytes, request),
    );
    return answer === "older" ? await askOlder(socket, wanted) : granted(answer);
  } finally {
    socket.close();
  }
}

async function askOlder(
  socket: Socket,
  { port, lifetimeSeconds }: Pick<MapRequest, "port" | "lifetimeSeconds">,
): Promise<MappedPort | null> {
  const mapping = granted(
    await exchange(socket, natPmpRequest(port, lifetimeSeconds), (bytes) => natPmpAnswer(bytes, port)),
  );
  const address = granted(await exchange(socket, natPmpAddressRequest(), natPmpAddress));
  return mapping && address !== null ? { address, ...mapping } : null;
}

function granted<T>(answer: T | number | null): T | null {
  if (typeof answer === "number") throw new MappingRefused(`the router refuses with code ${answer}`);
  return answer;
}

/** Sends a request until an answer to it comes. Null when none does. */
function exchange<T>(
  socket: Socket,
  request: Uint8Array,
  read: (bytes: Uint8Array) => T | null,
): Promise<T | null> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | null = null;
    const end = (answer: T | null) => {
      if (timer) clearTimeout(timer);
      socket.removeAllListeners("message");
      socket.removeAllListeners("error");
      resolve(answer);
    };
    const attempt = (at: number) => {
      const wait = TRIES_MS[at];
      if (wait === undefined) return end(null);
      socket.send(request);
      timer = setTimeout(() => attempt(at + 1), wait);
    };
    // Nobody listens there, as the router says.
    socket.on("error", () => end(null));
    socket.on("message", (bytes) => {
      const answer = read(bytes);
      if (answer !== null) end(answer);
    });
    attempt(0);
  });
}

/** The router through which packets of IPv4 leave, or null. */
export async function defaultRouter(): Promise<string | null> {
  const table = await readFile("/proc/net/route", "latin1").catch(() => "");
  return routerIn(table);
}

/** Reads the kernel's table (proc(5)): addresses are hexadecimal numbers in the machine's order of bytes. */
export function routerIn(table: string): string | null {
  const routes = table.split("\n").flatMap((line) => {
    const [, destination, gateway = "", , , , metric, mask] = line.split("\t");
    const isDefault =
      destination === "00000000" && mask === "00000000" && /^(?!0{8})[0-9A-F]{8}$/.test(gateway);
    return isDefault ? [{ gateway, metric: Number(metric) }] : [];
  });
  const [best] = routes.sort((one, other) => one.metric - other.metric);
  return best ? [...Buffer.from(best.gateway, "hex")].reverse().join(".") : null;
}
