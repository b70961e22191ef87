import { setTimeout as pause } from "node:timers/promises";
import { Argument, type Command } from "commander";
import type { Body } from "../../shared/api/endpoints.ts";
import { RELAY_ROLES, type RelayRole } from "../../shared/registry/node-status.ts";
import type { App } from "../app.ts";
import { confirm } from "../confirm.ts";
import { noteOption } from "../note-option.ts";
import { receiptText } from "../output/receipt.ts";
import { detailsOf } from "../output/things.ts";
import { gather } from "./keys.ts";
import { addNodeAddCommand } from "./node-add.ts";

/** What people do with nodes beyond the catalogue's own verbs. */
export function addNodeCommands(program: Command, app: App): void {
  const nodes = program.commands.find((command) => command.name() === "nodes");
  if (!nodes) return;
  addNodeAddCommand(nodes, app);
  nodes
    .command("revoke")
    .addOption(noteOption())
    .argument("<node>", "id or name of the node")
    .description("Put a node out for good (role admin)")
    .option("--wait", "follow the receipt until every peer has dropped it or its lease has ended")
    .option("-y, --yes", "do not ask")
    .action((node: string, options: { wait?: boolean; yes?: boolean }) => revoke(app, node, options));
  nodes
    .command("receipt")
    .argument("<node>", "id or name of the node")
    .description("Show who has dropped a revoked node, and until when the others may hold it")
    .action(async (node: string) => {
      const { client } = await app.hub();
      const { data } = await client.call("nodes.revocation", { params: { node } });
      app.emit(data, () => receiptText(data));
    });
  nodes
    .command("rename")
    .addOption(noteOption())
    .argument("<node>", "id or name of the node")
    .argument("<name>", "its new name")
    .description("Give a node another name (role admin)")
    .action((node: string, name: string) => update(app, node, { name }));
  nodes
    .command("tag")
    .addOption(noteOption())
    .argument("<node>", "id or name of the node")
    .argument("[tags...]", "the tags; none takes them all away")
    .description("Replace a node's tags; none takes them all away (role admin)")
    .action((node: string, tags: string[]) => update(app, node, { tags }));
  nodes
    .command("move")
    .addOption(noteOption())
    .argument("<node>", "id or name of the node")
    .argument("<segment>", "id or name of the segment")
    .description("Move a node to another segment (role admin)")
    .action((node: string, segment: string) => update(app, node, { segment }));
  nodes
    .command("routes")
    .addOption(noteOption())
    .argument("<node>", "id or name of the node")
    .description("Show the routes that a node offers, or approve some of them")
    .option("--approve <prefix>", "a route to approve (repeat it); replaces the list", gather, [])
    .option("--none", "approve no route")
    .action((node: string, options: { approve: string[]; none?: boolean }) => routes(app, node, options));
  nodes
    .command("relay")
    .addOption(noteOption())
    .argument("<node>", "id or name of the node")
    .addArgument(new Argument("<role>", "what it is to do").choices(RELAY_ROLES))
    .description(
      "Let a node carry the encrypted datagrams of others, or drain it first and then stop (role admin)",
    )
    .action((node: string, relay: RelayRole) => update(app, node, { relay }));
}

type NodeChange = Body<"nodes.update">;

async function update(app: App, node: string, body: NodeChange): Promise<void> {
  const { client } = await app.hub();
  const params = { node };
  const { etag } = await client.call("nodes.get", { params });
  const { data } = await client.call("nodes.update", { params, body, ifMatch: etag ?? "" });
  app.emit(data, () => detailsOf(data));
}

async function routes(app: App, node: string, options: { approve: string[]; none?: boolean }) {
  if (options.approve.length > 0 || options.none)
    return update(app, node, { approvedRoutes: options.none ? [] : options.approve });
  const { client } = await app.hub();
  const { data } = await client.call("nodes.get", { params: { node } });
  const { offeredRoutes, approvedRoutes } = data;
  app.emit({ offeredRoutes, approvedRoutes }, () => detailsOf({ offeredRoutes, approvedRoutes }));
}

async function revoke(app: App, node: string, { wait, yes }: { wait?: boolean; yes?: boolean }) {
  const { client } = await app.hub();
  await confirm(app, `Revoke node ${node} for good?`, yes ?? false);
  const { data } = await client.call("nodes.revoke", { params: { node } });
  const params = { node: data.id };
  let { data: receipt } = await client.call("nodes.revocation", { params });
  const isOpen = () => receipt.pending.length > 0 && (receipt.goneAt ?? 0) > Date.now();
  while (wait && !app.io.interrupted.aborted && isOpen()) {
    app.note(receiptText(receipt).trimEnd());
    // An interruption ends the waiting, not the revocation: the receipt so far is still printed.
    await pause(1_000, undefined, { signal: app.io.interrupted }).catch(() => undefined);
    ({ data: receipt } = await client.call("nodes.revocation", { params }));
  }
  app.emit(receipt, () => receiptText(receipt));
}
