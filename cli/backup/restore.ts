import { type App, connect } from "../app.ts";
import { checkBackup, pagesOf } from "./file.ts";

export interface Restored {
  readonly network: string;
  readonly rows: number;
  /** Whether the network has nodes' roots, whose epoch must be raised. */
  readonly hasRoots: boolean;
}

/**
 * Makes a hub without a network the one that the file is of.
 * @param bootstrapToken The BOOTSTRAP_TOKEN of the new deployment.
 */
export async function restoreBackup(
  app: App,
  origin: string,
  bootstrapToken: string,
  path: string,
): Promise<Restored> {
  const manifest = await checkBackup(path);
  const { network, ticket } = manifest;
  const { client } = connect(origin, bootstrapToken);
  await client.call("restore.begin", { body: manifest });
  let rows = 0;
  let hasRoots = false;
  for await (const page of pagesOf(path, manifest)) {
    await client.call("restore.rows", { body: { ...page, ticket } });
    rows += page.rows.length;
    hasRoots ||= page.table === "root_documents" && page.rows.length > 0;
    if (rows % 10_000 < page.rows.length) app.note(`${rows} rows…`);
  }
  await client.call("restore.finish", { body: manifest });
  return { network, rows, hasRoots };
}
