import type { Command } from "commander";
import { faultInWords, milliseconds, percent } from "../../shared/api/path-words.ts";
import type { App } from "../app.ts";
import { sideText } from "../output/paths.ts";
import { detailsOf, listText } from "../output/things.ts";

/** Of `mesh`: by which paths nodes reach each other, how well, and what failed. */
export function addMeshPathCommands(mesh: Command, app: App): void {
  mesh
    .command("status")
    .description("Show the path in use of each pair of nodes, those that nothing passes first")
    .option("--node <node>", "only pairs of this node, by id or name")
    .option("--limit <count>", "how many at most")
    .action((options: StatusOptions) => status(app, options));
  mesh
    .command("paths")
    .argument("<from>", "id or name of one node")
    .argument("<to>", "id or name of the other node")
    .description("Show the paths between two nodes: what was measured, which one is used and why")
    .action((from: string, to: string) => paths(app, from, to));
  mesh
    .command("health")
    .description("Show how the mesh is, in figures")
    .action(() => health(app));
  mesh
    .command("failures")
    .description("Show what failed, who says so, and when it ended")
    .option("--open", "only what lasts")
    .action(({ open }: { open?: boolean }) => failures(app, open ?? false));
}

interface StatusOptions {
  readonly node?: string;
  readonly limit?: string;
}

async function status(app: App, { node, limit }: StatusOptions): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.status", {
    query: {
      ...(node === undefined ? {} : { node }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
    },
  });
  const rows = data.items.map(({ name, peerName, relayName, rttMs, jitterMs, loss, ...path }) => ({
    ...path,
    relay: relayName,
    from: name,
    to: peerName,
    rtt: milliseconds(rttMs),
    jitter: milliseconds(jitterMs),
    loss: percent(loss),
  }));
  const columns = ["from", "to", "kind", "relay", "state", "endpoint", "rtt", "jitter", "loss", "measuredAt"];
  app.emit(data, () => listText(columns, rows, app.io.columns, "from", "No node has measured a path yet."));
  if (data.unreported > 0) app.note(`${data.unreported} path(s) were not measured.`);
  if (data.truncated) app.note("There is more: --limit shows up to 5000, --node those of one node.");
  noteMissing(app, data.missing);
}

async function paths(app: App, from: string, to: string): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.paths", { query: { from, to } });
  const nothing =
    data.missing.length > 0 ? "" : "No rule connects the two, so there is no path between them.\n";
  app.emit(data, () =>
    data.linked ? data.sides.map((side) => sideText(side, app.io.columns)).join("\n") : nothing,
  );
  noteMissing(app, data.missing);
}

async function health(app: App): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.health");
  const { missing, rttMs, loss, failures: failed, ...figures } = data;
  const { medianMs, ...counts } = failed;
  const shown = {
    ...figures,
    rtt: rttMs === null ? null : { median: milliseconds(rttMs.median), p95: milliseconds(rttMs.p95) },
    loss: percent(loss),
    failures: { ...counts, median: medianMs === null ? null : `${(medianMs / 1_000).toFixed(1)} s` },
  };
  app.emit(data, () => detailsOf(shown));
  noteMissing(app, missing);
}

async function failures(app: App, open: boolean): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.failures", { query: open ? { open: "yes" } : {} });
  const rows = data.items.map(({ toName, kind, observers, ...failure }) => ({
    ...failure,
    what: faultInWords(kind, toName),
    saidBy: observers,
    sure: failure.confirmedAt !== null,
  }));
  const columns = ["name", "what", "sure", "suspectedAt", "endedAt", "saidBy"];
  app.emit(data, () => listText(columns, rows, app.io.columns, "name", "Nothing failed."));
  noteMissing(app, data.missing);
}

function noteMissing(app: App, missing: readonly string[]): void {
  if (missing.length > 0) app.note(`Could not be asked: ${missing.join(", ")}.`);
}
