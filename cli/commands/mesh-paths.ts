import type { Command } from "commander";
import type { App } from "../app.ts";
import { sideText } from "../output/paths.ts";

/** `mesh paths`: by which paths nodes reach each other. */
export function addMeshPathCommands(mesh: Command, app: App): void {
  mesh
    .command("paths")
    .argument("<from>", "id or name of one node")
    .argument("<to>", "id or name of the other node")
    .description("Show the paths between two nodes: what was measured, which one is used and why")
    .action((from: string, to: string) => paths(app, from, to));
}

async function paths(app: App, from: string, to: string): Promise<void> {
  const { client } = await app.hub();
  const { data } = await client.call("mesh.paths", { query: { from, to } });
  const nothing = "No rule connects the two, so there is no path between them.\n";
  app.emit(data, () =>
    data.linked ? data.sides.map((side) => sideText(side, app.io.columns)).join("\n") : nothing,
  );
  if (data.missing.length > 0) app.note(`Could not be asked: ${data.missing.join(", ")}.`);
}
