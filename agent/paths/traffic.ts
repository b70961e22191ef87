import { readFileSync } from "node:fs";
import type { WireguardDevice } from "../tunnel/machine.ts";

/** A probe or its answer on the wire: 44 bytes of IPv4, padded to 48, and 32 of WireGuard. */
const PROBE_BYTES = 80;
/** More than this, beyond probes, is traffic and no keepalive: bytes between two looks. */
const LEAST_BYTES = 200;

/** Notices which peers carry traffic, as cheaply as can be: one small file while nothing passes. */
export class Traffic {
  readonly #interfaceName: string;
  #packets: number | null = null;
  #probes = 0;
  #bytes = new Map<string, { readonly all: number; readonly received: number }>();

  constructor(interfaceName: string) {
    this.#interfaceName = interfaceName;
  }

  /**
   * Whether packets passed through the interface since the last call that are no probes.
   * @param probes how many probes came and went since the start
   */
  passes(probes: number): boolean {
    // The kernel has the text at once. To wait for it in another thread costs six times what reading it does.
    const packets = packetsOf(readFileSync("/proc/self/net/dev", "utf8"), this.#interfaceName);
    const [packetsBefore, probesBefore] = [this.#packets, this.#probes];
    this.#packets = packets;
    this.#probes = probes;
    return packets !== null && packetsBefore !== null && packets - packetsBefore > probes - probesBefore;
  }

  /**
   * Compares the device with the last look at it.
   * @param probesOf how many probes came from a peer and went to it since then, by its key
   */
  compare(
    device: WireguardDevice,
    probesOf: (publicKey: string) => number,
  ): { readonly carrying: readonly string[]; readonly heard: readonly string[] } {
    const before = this.#bytes;
    this.#bytes = new Map(
      device.peers.map(({ publicKey, receivedBytes, sentBytes }) => [
        publicKey,
        { all: receivedBytes + sentBytes, received: receivedBytes },
      ]),
    );
    const carrying: string[] = [];
    const heard: string[] = [];
    for (const [key, now] of this.#bytes) {
      const then = before.get(key);
      if (!then) continue;
      if (now.received > then.received) heard.push(key);
      if (now.all - then.all - probesOf(key) * PROBE_BYTES > LEAST_BYTES) carrying.push(key);
    }
    return { carrying, heard };
  }
}

/** Packets in both directions; null where there is no such interface. */
export function packetsOf(table: string, interfaceName: string): number | null {
  const line = table.split("\n").find((text) => text.trimStart().startsWith(`${interfaceName}:`));
  const columns = line
    ?.slice(line.indexOf(":") + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  const [received, sent] = [columns?.[1], columns?.[9]];
  return received === undefined || sent === undefined ? null : received + sent;
}
