import { type KernelTable, relayTable, renderRelayTable } from "../../shared/relay/kernel-table.ts";
import { CommandFailed, run } from "./exec.ts";

/** Replaces the table by which the kernel forwards what a relay carries. @throws CommandFailed. */
export async function loadRelayTable(table: KernelTable): Promise<void> {
  await run(["nft", "-f", "-"], { input: renderRelayTable(table) });
}

/** @throws CommandFailed when the table is there and could not be removed. */
export async function removeRelayTable(interfaceName: string): Promise<void> {
  try {
    await run(["nft", "delete", "table", ...relayTable(interfaceName).split(" ")]);
  } catch (error) {
    if (!(error instanceof CommandFailed && error.stderr.includes("No such file"))) throw error;
  }
}
