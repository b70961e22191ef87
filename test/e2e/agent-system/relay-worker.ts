import { createInterface } from "node:readline";
import { Relay } from "../../../agent/relay/relay.ts";
import { loadRelayTable, removeRelayTable } from "../../../agent/system/relay-table.ts";
import { mac1Key } from "../../../shared/relay/mac1.ts";

/**
 * A relay as a process of its own, in the namespace of its machine. Each line of its input is a list of legs, with the
 * ends' base64 keys; it answers each with a line.
 */
const [interfaceName = "", usesKernel = ""] = process.argv.slice(2);
const relay = new Relay({
  setTable: (table) =>
    table ? loadRelayTable({ interfaceName, ...table }) : removeRelayTable(interfaceName),
  now: Date.now,
  onError: (error) => console.error(error),
});

/** The key of probes at all legs. */
const PROBE_KEY = "A".repeat(43);

export interface LegOrder {
  readonly id: string;
  readonly port: number;
  readonly ends: readonly { readonly key: string; readonly endpoints: readonly string[] }[];
  readonly forMs: number;
}

for await (const line of createInterface({ input: process.stdin })) {
  const orders = JSON.parse(line) as LegOrder[];
  await relay.apply(
    orders.map(({ id, port, ends, forMs }) => {
      const [one, two] = ends.map(({ key, endpoints }) => ({
        mac1Key: mac1Key(Buffer.from(key, "base64")),
        endpoints,
      }));
      if (!one || !two) throw new Error("A leg has two ends");
      return { id, port, probeKey: PROBE_KEY, ends: [one, two], notAfter: Date.now() + forMs };
    }),
    { bytesPerSecond: 1e9, usesKernel: usesKernel === "kernel" },
  );
  console.log(JSON.stringify([...relay.counts()]));
}
await relay.stop();
