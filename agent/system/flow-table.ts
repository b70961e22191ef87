import { FLOW_TABLE, flowTable, renderFlowTable } from "../../shared/node/flow-table.ts";
import type { KernelFlow } from "../tunnel/machine.ts";
import { CommandFailed, run } from "./exec.ts";

/** Reads the table in which the kernel notes connections (`shared/node/flow-table.ts`). */

interface Element {
  readonly elem: {
    readonly val: { readonly concat: readonly [string, string, string | number, number?] };
    readonly expires?: number;
    readonly counter?: { readonly packets: number };
  };
}

interface Listed {
  readonly nftables: readonly {
    readonly set?: { readonly name: string; readonly elem?: readonly Element[] };
  }[];
}

/**
 * The connections that the kernel noted. If there is no table, because it was never loaded or somebody flushed it, this
 * loads the table and gives nothing.
 * @throws CommandFailed when nftables refuses.
 */
export async function readFlows(
  interfaceName: string,
  overlay: { readonly ipv4: string; readonly ipv6: string },
): Promise<KernelFlow[]> {
  let text: string;
  try {
    text = await run(["nft", "-j", "list", "table", ...flowTable(interfaceName).split(" ")]);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await run(["nft", "-f", "-"], { input: renderFlowTable(interfaceName, overlay) });
    return [];
  }
  return kernelFlows(JSON.parse(text) as Listed);
}

/** Removes the table, and with it all that was noted. */
export async function removeFlows(interfaceName: string): Promise<void> {
  try {
    await run(["nft", "delete", "table", ...flowTable(interfaceName).split(" ")]);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof CommandFailed && error.stderr.includes("No such file");

const SET = /^(passed|denied|seen)([46])(_portless)?$/;

/** Joins the sets: `passed` has the counts, and `seen` knows when the last packet came. */
export function kernelFlows({ nftables }: Listed): KernelFlow[] {
  const flows = new Map<string, KernelFlow>();
  for (const { set } of nftables) {
    const [, kind] = SET.exec(set?.name ?? "") ?? [];
    if (kind === undefined) continue;
    for (const { elem } of set?.elem ?? []) {
      const [source, destination, protocol, port = null] = elem.val.concat;
      const verdict = kind === "denied" ? "denied" : "allowed";
      const key = [verdict, source, destination, protocol, port].join(" ");
      const known = flows.get(key);
      const seconds = FLOW_TABLE.timeoutSeconds - (elem.expires ?? FLOW_TABLE.timeoutSeconds);
      flows.set(key, {
        source,
        destination,
        protocol: String(protocol),
        port,
        verdict,
        connections: (known?.connections ?? 0) + (elem.counter?.packets ?? 0),
        quietSeconds: Math.min(known?.quietSeconds ?? Number.POSITIVE_INFINITY, Math.max(0, seconds)),
      });
    }
  }
  return [...flows.values()];
}
