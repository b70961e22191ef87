import type { Command } from "commander";
import { trafficOf } from "../../shared/api/flow-words.ts";
import { milliseconds, percent } from "../../shared/api/path-words.ts";
import type { App } from "../app.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { noteOption } from "../note-option.ts";
import { listText } from "../output/things.ts";
import { instant } from "../output/values.ts";
import { addMeshPathCommands } from "./mesh-paths.ts";

/** `mesh`: what the nodes of the network see of each other, and changes that wait. */
export function addMeshCommands(program: Command, app: App): void {
  const mesh = program.command("mesh").description("Who may talk to whom, and changes that wait");
  mesh
    .command("map")
    .description("Show the pairs of nodes that rules connect, and their paths")
    .action(() => map(app));
  mesh
    .command("flows")
    .description("Show which connections nodes report, permitted and denied, those with the most first")
    .option("--node <node>", "only flows of this node, by id or name")
    .option("--denied", "only denied attempts")
    .option("--limit <count>", "how many at most")
    .action((options: FlowOptions) => flows(app, options));
  mesh
    .command("hits")
    .description("Show how many packets each rule decided, and when last")
    .action(() => hits(app));
  addMeshPathCommands(mesh, app);
  mesh
    .command("holds")
    .description("Show changes that wait for confirmation because they would cut off too much")
    .action(() => holds(app));
  mesh
    .command("confirm")
    .addOption(noteOption())
    .argument("<segment>", "id or name of the segment")
    .description("Confirm the change that a segment holds back (role admin)")
    .option("-y, --yes", "do not ask")
    .action((segment: string, { yes }: { yes?: boolean }) => confirmHold(app, segment, yes ?? false));
}

async function map(app: App): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.map");
  const names = new Map(data.nodes.map(({ id, name }) => [id, name]));
  const rows = data.links.map(({ measured, ...link }) => ({
    ...link,
    rtt: milliseconds(measured?.rttMs ?? null),
    loss: percent(measured?.loss ?? null),
    a: names.get(link.a) ?? link.a,
    b: names.get(link.b) ?? link.b,
    allowedBy: link.allows.map((id) => data.rules[id] ?? id),
  }));
  app.emit(data, () =>
    listText(["a", "b", "path", "rtt", "loss", "handshakeAt", "bytes", "allowedBy"], rows, app.io.columns),
  );
  const online = data.nodes.filter((node) => node.online).length;
  app.note(`${online} of ${data.nodes.length} node(s) online.`);
  if (data.truncated) app.note("There is more than the map shows.");
  noteMissing(app, data.missing);
}

interface FlowOptions {
  readonly node?: string;
  readonly denied?: boolean;
  readonly limit?: string;
}

async function flows(app: App, { node, denied, limit }: FlowOptions): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.flows", {
    query: {
      ...(node === undefined ? {} : { node }),
      ...(denied ? { verdict: "denied" as const } : {}),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
    },
  });
  const end = ({ name, network }: { name: string; network: string | null }) =>
    network === null ? name : `${network} behind ${name}`;
  const rows = data.items.map((flow) => ({
    ...flow,
    source: end(flow.source),
    destination: end(flow.destination),
    traffic: trafficOf(flow),
  }));
  app.emit(data, () =>
    listText(
      ["source", "destination", "traffic", "verdict", "count", "lastSeenAt", "reportedBy"],
      rows,
      app.io.columns,
      "traffic",
    ),
  );
  if (!data.reported) app.note("Nodes report no flows: the network's setting `reportsFlows` is off.");
  if (data.truncated) app.note("There is more: --limit shows up to 5000, --node those of one node.");
  if (data.refused > 0)
    app.note(`${data.refused} flow(s) that nodes reported could not be so, and were left out.`);
  noteMissing(app, data.missing);
}

async function hits(app: App): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.hits");
  app.emit(data, () =>
    listText(["name", "packets", "lastHitAt", "rule"], data.items, app.io.columns, "name"),
  );
  if (!data.reported) app.note("Nodes report no hits: the network's setting `reportsFlows` is off.");
  else
    app.note(
      `${data.counting} of ${data.nodes} node(s) count${data.since === null ? "" : `, all of them since ${instant(data.since)}`}.`,
    );
  noteMissing(app, data.missing);
}

async function holds(app: App): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.holds");
  app.emit(data, () =>
    listText(["segment", "revision", "heldAt", "reason", "detail"], data.items, app.io.columns, "segment"),
  );
  noteMissing(app, data.missing);
}

async function confirmHold(app: App, segment: string, yes: boolean): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.holds");
  const hold = data.items.find((one) => one.segment === segment || one.segmentId === segment);
  if (!hold)
    throw new Failure(EXIT.notFound, `Segment ${segment} holds no change back`, {
      hint: "`rustronaut mesh holds` shows what waits.",
    });
  app.note(`Held since ${instant(hold.heldAt)}: ${hold.detail}`);
  await confirm(app, `Let revision ${hold.revision} through?`, yes);
  const { data: left } = await client.call("mesh.confirmHold", {
    params: { segment: hold.segmentId },
    body: { revision: hold.revision },
  });
  app.emit(left, () => `Confirmed revision ${hold.revision} of ${hold.segment}.\n`);
}

function noteMissing(app: App, missing: readonly string[]): void {
  if (missing.length > 0) app.note(`Could not be asked: ${missing.join(", ")}.`);
}
