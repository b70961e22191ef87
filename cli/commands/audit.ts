import type { Command } from "commander";
import type { EventEntry } from "../../shared/audit/types.ts";
import { nameOfActor, whoActed } from "../../shared/audit/who.ts";
import { printable } from "../../shared/base/printable.ts";
import type { App } from "../app.ts";
import {
  type Bundle,
  collect,
  continuing,
  newestOf,
  parseBundle,
  parseKeptNote,
  verifyBundle,
} from "../audit/bundle.ts";
import { followEvents } from "../audit/follow.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { toLeaf } from "../leaf.ts";
import { type Item, pages } from "../listing.ts";
import { limitOption } from "../output/list.ts";
import { cell, instant } from "../output/values.ts";

interface VerifyOptions extends RangeOptions {
  readonly file?: string;
  readonly since?: string;
  readonly note?: string;
  readonly key?: string;
}

interface RangeOptions {
  readonly from?: number;
  readonly to?: number;
}

/** The audit log: read it, follow it, take it away and prove that nobody changed it. */
export function addAuditCommands(program: Command, app: App): void {
  const audit = program.command("audit").description("The audit log, and proof that nobody changed it");
  addTail(audit, app);

  audit
    .command("verify")
    .description("Prove that the log is signed and unchanged (exit code 3: it is not)")
    .option("--from <leaf>", "first entry, by number", toLeaf)
    .option("--to <leaf>", "entry before which to stop", toLeaf)
    .option("--file <bundle>", "a file of `audit export`, checked without any network")
    .option("--since <bundle>", "prove also that the log continues this earlier bundle, by its key")
    .option("--note <note>", "prove also that the log continues the one that this kept note states")
    .option("--key <vkey>", "the verification key that you trust, kept from earlier")
    .action(async (options: VerifyOptions) => {
      const { file, from, to, since, note } = options;
      if (file !== undefined && (from !== undefined || to !== undefined))
        throw new Failure(EXIT.usage, "A bundle is verified whole: leave out --from and --to");
      if (since !== undefined && (file !== undefined || note !== undefined))
        throw new Failure(EXIT.usage, "Give one of --file, --note and --since: the latter asks the hub");
      const read = (path: string) => app.io.readFile(path);
      const older = since === undefined ? undefined : parseBundle(await read(since), since);
      const kept = note === undefined ? undefined : parseKeptNote(await read(note), note);
      const earlier = older ? newestOf(older) : kept;
      const key = options.key ?? older?.publicKey;
      const bundle =
        file === undefined
          ? await collect((await app.hub()).client, from ?? 0, to, earlier)
          : withNote(parseBundle(await read(file), file), kept);
      const verified = await verifyBundle(bundle, key);
      app.emit({ ...verified, publicKey: key ?? bundle.publicKey }, () => {
        const entries = `entries ${verified.from} to ${verified.to - 1}`;
        const what = verified.to > verified.from ? entries : "no entries";
        const since = earlier === undefined ? "" : ", and the log continues what you kept";
        return `Verified: ${what} of ${verified.size} stand unchanged in ${printable(verified.origin)}${since}.\n`;
      });
      if (key === undefined)
        app.note(`Signed by ${bundle.publicKey}. Keep this key and give it as --key next time.`);
    });

  audit
    .command("export")
    .description("Write entries with their proofs into a file that `audit verify --file` checks")
    .requiredOption("--out <bundle>", "the file to write")
    .option("--from <leaf>", "first entry, by number", toLeaf)
    .option("--to <leaf>", "entry before which to stop", toLeaf)
    .action(async ({ out, from, to }: RangeOptions & { out: string }) => {
      const bundle = await collect((await app.hub()).client, from ?? 0, to);
      await app.io.writeFile(out, `${JSON.stringify(bundle, null, 2)}\n`);
      const entries = bundle.leaves.length;
      app.emit({ file: out, entries }, () => `Wrote ${entries} entries to ${out}.\n`);
    });
}

const withNote = (bundle: Bundle, note: string | undefined): Bundle =>
  note === undefined ? bundle : continuing(bundle, note);

function addTail(audit: Command, app: App): void {
  audit
    .command("tail")
    .description("Show the newest entries, oldest first")
    .option("--follow", "go on with new ones until interrupted")
    .option("--kinds <list>", "any of decision,admin,login,session,system")
    .addOption(limitOption("show at most this many").default("50"))
    .action(async (options: { follow?: boolean; kinds?: string; limit: string }) => {
      const hub = await app.hub();
      const query = options.kinds === undefined ? {} : { kinds: options.kinds };
      const { items, names } = await pages(hub, "audit.list", { query }, Number(options.limit));
      const print = (row: Item) => app.io.out(app.json() ? `${JSON.stringify(row)}\n` : rowText(row, names));
      for (const row of items.reverse()) print(row);
      let after = Number(items.at(-1)?.leaf ?? -1);
      // The hub ends every stream after a while; go on behind the last entry seen.
      while (options.follow && !app.io.interrupted.aborted) {
        const url = hub.client.url("audit.stream", { query: after < 0 ? query : { ...query, after } });
        await followEvents(hub, url, app.io.interrupted, (json) => {
          const row = JSON.parse(json) as Item;
          after = Math.max(after, Number(row.leaf));
          print(row);
        });
      }
    });
}

/** One entry as one line: number, time, kind, and who did what. */
function rowText({ leaf, entry }: Item, names: Readonly<Record<string, string>>): string {
  const e = entry as Item;
  const what =
    e.kind === "decision"
      ? [e.decision, whoOf(e.facts), e.appName, e.reason]
      : eventWords(e as unknown as EventEntry, names);
  const words = what.map((part) => cell("", part)).join(" ");
  return `${leaf}  ${instant(Number(e.at))}  ${printable(`${e.kind}  ${words}`)}\n`;
}

const eventWords = (event: EventEntry, names: Readonly<Record<string, string>>): string[] => [
  whoActed(event, nameOfActor(event.actor, names)),
  event.action,
  names[event.target] === undefined ? event.target : `${names[event.target]} ${event.target}`,
];

function whoOf(facts: unknown): unknown {
  const { principal } = facts as { principal?: { email?: string; name?: string; id?: string } };
  return principal?.email ?? principal?.name ?? principal?.id ?? "anyone";
}
