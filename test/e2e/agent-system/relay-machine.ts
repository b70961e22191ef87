import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Tunnel } from "../../../agent/tunnel/tunnel.ts";
import type { Machine } from "./namespaces.ts";
import { killed, type Node } from "./node.ts";
import type { LegOrder } from "./relay-worker.ts";

const WORKER = join(dirname(fileURLToPath(import.meta.url)), "relay-worker.ts");

/** A machine of the lab that relays for others. */
export class RelayMachine {
  readonly machine: Machine;
  readonly #child: ChildProcess;
  readonly #answers: Interface;

  constructor(machine: Machine, { usesKernel }: { readonly usesKernel: boolean }) {
    this.machine = machine;
    if (usesKernel) machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    const argv = ["netns", "exec", machine.namespace, process.execPath, WORKER];
    this.#child = spawn("ip", [...argv, "relay0", usesKernel ? "kernel" : "agent"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (!this.#child.stdout) throw new Error("The relay has no output");
    this.#answers = createInterface({ input: this.#child.stdout });
  }

  /** Carries these legs and no others. Gives what each carried in the agent until now. */
  async carry(legs: readonly LegOrder[]): Promise<Record<string, { readonly datagrams: number }>> {
    this.#child.stdin?.write(`${JSON.stringify(legs)}\n`);
    const [line] = (await once(this.#answers, "line")) as [string];
    return Object.fromEntries(JSON.parse(line) as [string, { datagrams: number }][]);
  }

  /** How many legs the kernel forwards. */
  inKernel(): number {
    const table = ["inet", "rustronaut-relay-relay0"] as const;
    if (this.machine.code("nft", "list", "table", ...table) !== 0) return 0;
    const set = this.machine.run("nft", "list", "set", ...table, "live4");
    return (set.match(/ \. 40000 counter/g)?.length ?? 0) / 2;
  }

  stop(): Promise<void> {
    return killed(this.#child);
  }
}

/** One leg for two nodes. */
export const legOf = (one: Node, two: Node, more: Partial<LegOrder> = {}): LegOrder => ({
  id: "pair",
  port: 40_000,
  ends: [one, two].map(({ key, machine }) => ({
    key: key.publicKey,
    endpoints: [`${machine.address}:51820`],
  })),
  forMs: 600_000,
  ...more,
});

/** The tunnel of a node that looks for its peer at this endpoint. */
export function tunnelBy(node: Node, peer: Node, endpoint: string): Tunnel {
  const tunnel = node.tunnel([peer]);
  return { ...tunnel, peers: tunnel.peers.map((one) => ({ ...one, endpoints: [endpoint] })) };
}
