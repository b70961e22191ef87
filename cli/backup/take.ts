import type { Called } from "../../shared/api/client.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { Hub } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { BackupWriter } from "./file.ts";

/** A network that changes all the time is asked so often for a moment without a change. */
const TRIES = 5;

export interface Taken {
  readonly network: string;
  readonly rows: number;
}

/** Writes all that the hub keeps into the file, as it was at one moment. */
export async function takeBackup(hub: Hub, path: string): Promise<Taken> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const writer = await BackupWriter.open(path);
    try {
      const taken = await copy(hub, writer);
      if (taken) {
        await writer.finish();
        return taken;
      }
      await writer.abandon();
    } catch (error) {
      await writer.abandon().catch(() => undefined);
      throw error;
    }
  }
  throw new Failure(EXIT.conflict, "The network changed each time while it was copied", {
    hint: "Try again when nobody changes it.",
  });
}

/** Null where the network was changed meanwhile: the pages are of two states. */
async function copy({ client }: Hub, writer: BackupWriter): Promise<Taken | null> {
  const { data: manifest } = await client.call("backup.begin");
  await writer.write(manifest);
  let rows = 0;
  for (const { name: table } of manifest.tables) {
    let after: number | null = 0;
    while (after !== null) {
      const { data }: Called<Answer<"backup.rows">> = await client.call("backup.rows", {
        query: { ticket: manifest.ticket, table, after },
      });
      if (data.stamp !== manifest.stamp) return null;
      rows += data.rows.length;
      await writer.write({ table, after, next: data.next, rows: data.rows, seal: data.seal });
      after = data.next;
    }
  }
  return { network: manifest.network, rows };
}
