import type { WireguardDevice } from "../tunnel/machine.ts";
import { CommandFailed, run } from "./exec.ts";
import { withSecretFile } from "./files.ts";
import { type DeviceChange, KEEPALIVE_SECONDS, type PeerEdit } from "./wg.ts";

/** The kernel's WireGuard, used through `wg`. */

const PEERS_PER_CALL = 64;

/** What `wg` says when the interface is not a WireGuard interface, or when nothing serves it. */
const NO_DEVICE = /No such device|not supported|No such file or directory|Connection refused/;

/** Whether a failure says that there is no device. Any other failure leaves open whether there is one. */
export const saysNoDevice = (error: unknown): boolean =>
  error instanceof CommandFailed && !error.missing && NO_DEVICE.test(error.stderr);

/** Works as `readDevice`. */
export async function readWithTool(name: string): Promise<WireguardDevice | null> {
  try {
    return parseDump(await run(["wg", "show", name, "dump"]));
  } catch (error) {
    if (saysNoDevice(error)) return null;
    throw error;
  }
}

/** The interfaces whose packets carry a mark, whatever their names are. */
export async function interfacesWith(mark: number): Promise<string[]> {
  const names = (await run(["wg", "show", "interfaces"])).split(/\s+/).filter((name) => name !== "");
  const found: string[] = [];
  for (const name of names) {
    const text = await run(["wg", "show", name, "fwmark"]).catch(() => "");
    if (Number(text) === mark) found.push(name);
  }
  return found;
}

/** Works as `changeDevice`. */
export async function changeWithTool(name: string, change: DeviceChange): Promise<void> {
  const { privateKey, listenPort, mark, peers = [] } = change;
  if (privateKey !== undefined)
    await withSecretFile(`${name}.key`, `${privateKey}\n`, (path) =>
      run(["wg", "set", name, "private-key", path]),
    );
  const own = [
    ...(listenPort === undefined ? [] : ["listen-port", String(listenPort)]),
    ...(mark === undefined ? [] : ["fwmark", String(mark)]),
  ];
  if (own.length > 0) await run(["wg", "set", name, ...own]);
  for (let at = 0; at < peers.length; at += PEERS_PER_CALL)
    await run(["wg", "set", name, ...peers.slice(at, at + PEERS_PER_CALL).flatMap(argumentsOf)]);
}

function argumentsOf(edit: PeerEdit): string[] {
  const peer = ["peer", edit.publicKey];
  if (edit.remove) return [...peer, "remove"];
  const at = edit.endpoint === null ? [] : ["endpoint", edit.endpoint];
  const keepalive = (seconds: number) => ["persistent-keepalive", String(seconds)];
  if ("nudge" in edit) return [...peer, ...at, ...keepalive(0), ...peer, ...keepalive(KEEPALIVE_SECONDS)];
  const { allowedIps } = edit;
  return [
    ...peer,
    ...at,
    ...(allowedIps === null ? [] : [...keepalive(KEEPALIVE_SECONDS), "allowed-ips", allowedIps.join(",")]),
  ];
}

const orNull = (text: string | undefined): string | null =>
  text === undefined || text === "(none)" ? null : text;

/** Reads the tab-separated output of `wg show NAME dump`. It skips the first field, which is the private key. */
function parseDump(text: string): WireguardDevice {
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
