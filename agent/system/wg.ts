import type { PeerChange } from "../apply/plan.ts";
import { CommandFailed, run } from "./exec.ts";
import { withSecretFile } from "./files.ts";

export interface WireguardPeer {
  readonly publicKey: string;
  readonly endpoint: string | null;
  readonly allowedIps: readonly string[];
  /** Seconds since the Unix epoch; 0 = never. */
  readonly handshake: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface WireguardDevice {
  readonly publicKey: string | null;
  readonly listenPort: number;
  readonly mark: number;
  readonly peers: readonly WireguardPeer[];
}

/** Keeps mappings of address translators open; also makes a new peer shake hands at once. */
const KEEPALIVE_SECONDS = "25";
const PEERS_PER_CALL = 64;

const orNull = (text: string | undefined): string | null =>
  text === undefined || text === "(none)" ? null : text;

/** The device as it is, or null when there is none or nothing answers for it. */
export async function readDevice(name: string): Promise<WireguardDevice | null> {
  try {
    return parseDump(await run(["wg", "show", name, "dump"]));
  } catch (error) {
    if (error instanceof CommandFailed && !error.missing) return null;
    throw error;
  }
}

/** Reads the tab-separated output of `wg show NAME dump`. Its first field is the private key, and is passed over. */
export function parseDump(text: string): WireguardDevice {
  const [device = "", ...peers] = text.split("\n").filter((line) => line !== "");
  const [, publicKey, port = "0", mark = "off"] = device.split("\t");
  return {
    publicKey: orNull(publicKey),
    listenPort: Number(port),
    mark: mark === "off" ? 0 : Number(mark),
    peers: peers.map((line) => {
      const [key = "", , endpoint, prefixes, handshake, received, sent] = line.split("\t");
      return {
        publicKey: key,
        endpoint: orNull(endpoint),
        allowedIps: orNull(prefixes)?.split(",") ?? [],
        handshake: Number(handshake),
        receivedBytes: Number(received),
        sentBytes: Number(sent),
      };
    }),
  };
}

/** @param privateKey Base64; goes to `wg` in a file that only root reads. */
export async function setPrivateKey(name: string, privateKey: string, lendIn: string): Promise<void> {
  await withSecretFile(lendIn, `${privateKey}\n`, (path) => run(["wg", "set", name, "private-key", path]));
}

export async function setListenPort(name: string, port: number): Promise<void> {
  await run(["wg", "set", name, "listen-port", String(port)]);
}

export async function setMark(name: string, mark: number): Promise<void> {
  await run(["wg", "set", name, "fwmark", String(mark)]);
}

/** Adds or changes just these peers. Others, and pre-shared keys, are not touched. */
export async function setPeers(name: string, peers: readonly PeerChange[]): Promise<void> {
  for (let at = 0; at < peers.length; at += PEERS_PER_CALL) {
    const args = peers
      .slice(at, at + PEERS_PER_CALL)
      .flatMap((peer) => [
        ...["peer", peer.publicKey],
        ...(peer.endpoint === null ? [] : ["endpoint", peer.endpoint]),
        ...["persistent-keepalive", KEEPALIVE_SECONDS],
        ...["allowed-ips", peer.allowedIps.join(",")],
      ]);
    await run(["wg", "set", name, ...args]);
  }
}

export async function setEndpoints(
  name: string,
  changes: readonly { readonly publicKey: string; readonly endpoint: string }[],
): Promise<void> {
  for (let at = 0; at < changes.length; at += PEERS_PER_CALL) {
    const args = changes
      .slice(at, at + PEERS_PER_CALL)
      .flatMap(({ publicKey, endpoint }) => ["peer", publicKey, "endpoint", endpoint]);
    await run(["wg", "set", name, ...args]);
  }
}

export async function removePeers(name: string, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += PEERS_PER_CALL) {
    const args = keys.slice(at, at + PEERS_PER_CALL).flatMap((key) => ["peer", key, "remove"]);
    await run(["wg", "set", name, ...args]);
  }
}

/**
 * All peers of a device that has none yet, in one call. `addconf` is the form of `syncconf` that leaves the key, the
 * port and whatever it does not name alone.
 */
export async function addPeers(name: string, peers: readonly PeerChange[], lendIn: string): Promise<void> {
  const text = peers
    .map(
      ({ publicKey, allowedIps, endpoint }) =>
        `[Peer]\nPublicKey = ${publicKey}\nAllowedIPs = ${allowedIps.join(", ")}\n` +
        `PersistentKeepalive = ${KEEPALIVE_SECONDS}\n${endpoint === null ? "" : `Endpoint = ${endpoint}\n`}`,
    )
    .join("\n");
  await withSecretFile(lendIn, text, (path) => run(["wg", "addconf", name, path]));
}
