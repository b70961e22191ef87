import type { WireguardDevice } from "../tunnel/machine.ts";
import type { PeerChange } from "../tunnel/plan.ts";
import { askUapi, base64Of, hexOf, type Line, publicKeyOf, UapiFailed, uapiSocketOf } from "./uapi.ts";
import { changeWithTool, readWithTool } from "./wg-tool.ts";

/**
 * WireGuard's side of the interface. The agent speaks to wireguard-go over its socket, and to the kernel through `wg`.
 */

/**
 * A change of the device. Members that are left out stay as they are, and so do peers that are not named and pre-shared
 * keys.
 */
export interface DeviceChange {
  /** Base64. */
  readonly privateKey?: string;
  readonly listenPort?: number;
  readonly mark?: number;
  readonly peers?: readonly PeerEdit[];
}

export type PeerEdit =
  | { readonly publicKey: string; readonly remove: true }
  | {
      readonly publicKey: string;
      readonly remove?: false;
      /** Null leaves the endpoint as it is. */
      readonly endpoint: string | null;
      /** Null leaves the prefixes as they are, and does not create a missing peer. */
      readonly allowedIps: readonly string[] | null;
    }
  /** Sends a packet at once. It tells the peer where this machine is now. */
  | {
      readonly publicKey: string;
      readonly remove?: false;
      readonly nudge: true;
      readonly endpoint: string | null;
    };

/** The keepalive keeps the mappings of address translators open. It also makes a new peer shake hands at once. */
export const KEEPALIVE_SECONDS = 25;

/**
 * Reads the device. Null when there is none, or when it is certain that no daemon serves it any more.
 * @throws UapiFailed or CommandFailed when the device could not be asked. It may still exist then.
 */
export async function readDevice(name: string): Promise<WireguardDevice | null> {
  const lines = await askUapi(uapiSocketOf(name), [["get", 1]]);
  if (lines === "dead") return null;
  return lines === "missing" ? readWithTool(name) : deviceOf(lines);
}

/** @throws UapiFailed or CommandFailed when the device refuses. */
export async function changeDevice(name: string, change: DeviceChange): Promise<void> {
  const answer = await askUapi(uapiSocketOf(name), [["set", 1], ...linesOf(change)]);
  if (answer === "dead") throw new UapiFailed("wireguard-go has ended");
  if (answer === "missing") await changeWithTool(name, change);
}

/** Adds or changes only these peers. */
export const setPeers = (name: string, peers: readonly PeerChange[]): Promise<void> =>
  changeDevice(name, { peers });

/** Sends a packet to each peer. It goes to the given endpoint, or to the current endpoint when that is null. */
export async function nudgePeers(
  name: string,
  changes: readonly { readonly publicKey: string; readonly endpoint: string | null }[],
): Promise<void> {
  if (changes.length === 0) return;
  await changeDevice(name, { peers: changes.map((change) => ({ ...change, nudge: true })) });
}

/** Sends what there is for a peer to this endpoint from now on. */
export const pointPeer = (name: string, publicKey: string, endpoint: string): Promise<void> =>
  changeDevice(name, { peers: [{ publicKey, endpoint, allowedIps: null }] });

export async function removePeers(name: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await changeDevice(name, { peers: keys.map((publicKey) => ({ publicKey, remove: true })) });
}

/** Removes all peers. */
export async function dropPeers(name: string): Promise<void> {
  const device = await readDevice(name);
  await removePeers(
    name,
    (device?.peers ?? []).map(({ publicKey }) => publicKey),
  );
}

function linesOf({ privateKey, listenPort, mark, peers = [] }: DeviceChange): Line[] {
  return [
    ...optional("private_key", privateKey && hexOf(privateKey)),
    ...optional("listen_port", listenPort),
    ...optional("fwmark", mark),
    ...peers.flatMap(linesOfPeer),
  ];
}

const optional = (key: string, value: string | number | undefined): Line[] =>
  value === undefined ? [] : [[key, value]];

function linesOfPeer(edit: PeerEdit): Line[] {
  const key: Line = ["public_key", hexOf(edit.publicKey)];
  if (edit.remove) return [key, ["remove", "true"]];
  const { endpoint } = edit;
  if ("nudge" in edit)
    return [
      key,
      ["update_only", "true"],
      ...(endpoint === null ? [] : [["endpoint", endpoint] as const]),
      // When the keepalive begins, it sends a packet at once.
      ["persistent_keepalive_interval", 0],
      ["persistent_keepalive_interval", KEEPALIVE_SECONDS],
    ];
  const { allowedIps } = edit;
  return [
    key,
    ...(allowedIps === null ? [["update_only", "true"] as const] : []),
    ...(endpoint === null ? [] : [["endpoint", endpoint] as const]),
    ...(allowedIps === null
      ? []
      : [
          ["persistent_keepalive_interval", KEEPALIVE_SECONDS] as const,
          ["replace_allowed_ips", "true"] as const,
          ...allowedIps.map((prefix) => ["allowed_ip", prefix] as const),
        ]),
  ];
}

/**
 * Reads the answer to `get=1`. The device's own lines come first. Then come the lines of each peer, which begin with
 * the peer's key.
 */
export function deviceOf(lines: readonly Line[]): WireguardDevice {
  const firstPeer = lines.findIndex(([key]) => key === "public_key");
  const own = new Map(firstPeer < 0 ? lines : lines.slice(0, firstPeer));
  const privateKey = own.get("private_key");
  const peers: { allowedIps: string[]; facts: Map<string, string | number> }[] = [];
  for (const [key, value] of firstPeer < 0 ? [] : lines.slice(firstPeer)) {
    if (key === "public_key") peers.push({ allowedIps: [], facts: new Map() });
    if (key === "allowed_ip") peers.at(-1)?.allowedIps.push(String(value));
    else peers.at(-1)?.facts.set(key, value);
  }
  return {
    publicKey:
      privateKey === undefined || /^0*$/.test(String(privateKey)) ? null : publicOf(String(privateKey)),
    listenPort: Number(own.get("listen_port") ?? 0),
    mark: Number(own.get("fwmark") ?? 0),
    peers: peers.map(({ allowedIps, facts }) => ({
      publicKey: base64Of(String(facts.get("public_key"))),
      endpoint: facts.has("endpoint") ? String(facts.get("endpoint")) : null,
      allowedIps,
      handshake: Number(facts.get("last_handshake_time_sec") ?? 0),
      receivedBytes: Number(facts.get("rx_bytes") ?? 0),
      sentBytes: Number(facts.get("tx_bytes") ?? 0),
    })),
  };
}

/**
 * Gives the public key of the device. The daemon names only its private key, so the last computed public key is kept
 * for the many questions.
 */
function publicOf(privateHex: string): string {
  if (known?.privateHex !== privateHex) known = { privateHex, publicKey: publicKeyOf(privateHex) };
  return known.publicKey;
}

let known: { readonly privateHex: string; readonly publicKey: string } | null = null;
