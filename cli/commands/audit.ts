import { type Command, InvalidArgumentError } from "commander";
import { printable } from "../../shared/base/printable.ts";
import type { App } from "../app.ts";
import { collect, parseBundle, verifyBundle } from "../audit/bundle.ts";
import { followEvents } from "../audit/follow.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type Item, listOption, pages } from "../listing.ts";
import { cell, instant } from "../output/values.ts";

interface RangeOptions {
  readonly from?: number;
  readonly to?: number;
}

/** The audit log: read it, follow it, take it away and prove that nobody changed it. */
export function addAuditCommands(program: Command, app: App): void {
  const audit = program.command("audit").description("the audit log, and proof that nobody changed it");
  addTail(audit, app);

  audit
    .command("verify")
    .description("Prove that the log is signed and unchanged (exit code 3: it is not)")
    .option("--from <leaf>", "first entry, by number", toLeaf)
    .option("--to <leaf>", "entry before which to stop", toLeaf)
    .option("--file <bundle>", "a file of `audit export`, checked without any network")
    .option("--since <bundle>", "prove also that the log continues this earlier bundle, by its key")
    .option("--key <vkey>", "the verification key that you trust, kept from earlier")
    .action(async (options: RangeOptions & { file?: string; since?: string; key?: string }) => {
      const { file, from, to } = options;
      if (file !== undefined && (from !== undefined || to !== undefined))
        throw new Failure(EXIT.usage, "A bundle is verified whole: leave out --from and --to");
      if (file !== undefined && options.since !== undefined)
        throw new Failure(EXIT.usage, "Give --file or --since: the latter asks the hub");
      const since = options.since && parseBundle(await app.io.readFile(options.since), options.since);
      const key = options.key ?? (since ? since.publicKey : undefined);
      const bundle =
        file !== undefined
          ? parseBundle(await app.io.readFile(file), file)
          : await collect((await app.hub()).client, from ?? 0, to, since || undefined);
      const verified = await verifyBundle(bundle, key);
      app.emit({ ...verified, publicKey: key ?? bundle.publicKey }, () => {
        const entries = `entries ${verified.from} to ${verified.to - 1}`;
        const what = verified.to > verified.from ? entries : "no entries";
        return `Verified: ${what} of ${verified.size} stand unchanged in ${printable(verified.origin)}.\n`;
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

function addTail(audit: Command, app: App): void {
  audit
    .command("tail")
    .description("Show the newest entries, oldest first")
    .option("--follow", "go on with new ones until interrupted")
    .option("--kinds <list>", "any of decision,admin,login,session,system")
    .addOption(listOption().default("50"))
    .action(async (options: { follow?: boolean; kinds?: string; limit: string }) => {
      const hub = await app.hub();
      const query = options.kinds === undefined ? {} : { kinds: options.kinds };
      const { items } = await pages(hub, "audit.list", { query }, Number(options.limit));
      const print = (row: Item) => app.io.out(app.json() ? `${JSON.stringify(row)}\n` : rowText(row));
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
function rowText({ leaf, entry }: Item): string {
  const e = entry as Item;
  const what =
    e.kind === "decision" ? [e.decision, whoOf(e.facts), e.appName, e.reason] : [e.actor, e.action, e.target];
  const words = what.map((part) => cell("", part)).join(" ");
  return `${leaf}  ${instant(Number(e.at))}  ${printable(`${e.kind}  ${words}`)}\n`;
}

function whoOf(facts: unknown): unknown {
  const { principal } = facts as { principal?: { email?: string; name?: string; id?: string } };
  return principal?.email ?? principal?.name ?? principal?.id ?? "anyone";
}

function toLeaf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be an entry's number.");
  return Number(text);
}
