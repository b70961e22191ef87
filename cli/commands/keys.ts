import { type Command, InvalidArgumentError } from "commander";
import type { App } from "../app.ts";
import { toInstant } from "../command-options.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { joinLines, joinText, noteSecrecy } from "../installer.ts";
import { noteOption } from "../note-option.ts";
import { detailsOf } from "../output/things.ts";
import { custodyText, initialiseTrust } from "../trust/initialise.ts";
import { onlineKeys, openTrust } from "../trust/session.ts";

interface CreateOptions {
  readonly segment: string;
  readonly reusable?: number;
  readonly expires?: string;
  readonly ephemeral?: boolean;
  readonly tag: readonly string[];
  readonly user?: string;
  readonly preApproved?: boolean;
  readonly initTrust?: boolean;
}

/** `keys create` and `keys revoke`; the catalogue makes `list` and `show`. */
export function addKeyCommands(program: Command, app: App): void {
  const keys = program.commands.find((command) => command.name() === "keys");
  keys
    ?.command("create")
    .addOption(noteOption())
    .argument("<name>", "its name")
    .description("Create an enrolment key; its text is printed only once (role admin)")
    .requiredOption("--segment <segment>", "id or name of the segment that its nodes join")
    .option("--reusable <n>", "how many nodes it lets in, else one", toCount)
    .option("--expires <time>", "a date, or a span from now such as 1h; else 24 hours")
    .option("--ephemeral", "its nodes are removed once they have been away for half an hour")
    .option("--tag <tag>", "a tag of its nodes (repeat it)", gather, [])
    .option("--user <user>", "the owner of its nodes, by e-mail or id")
    .option("--pre-approved", "its nodes need no approval")
    .option("--init-trust", "make the root of trust first, where the network has none (role owner)")
    .action((name: string, options: CreateOptions) => create(app, name, options));
  keys
    ?.command("revoke")
    .addOption(noteOption())
    .argument("<key>", "id or name of the key")
    .description("Revoke an enrolment key; nodes that it let in stay (role admin)")
    .option("-y, --yes", "do not ask")
    .action(async (key: string, { yes }: { yes?: boolean }) => {
      const { client } = await app.hub();
      const params = { enrolmentKey: key };
      await confirm(app, `Revoke enrolment key ${key}?`, yes ?? false);
      const { etag } = await client.call("enrolmentKeys.get", { params });
      await client.call("enrolmentKeys.delete", { params, ifMatch: etag ?? "" });
      app.emit({ ok: true }, () => "Revoked. Nodes that it let in stay.\n");
    });
}

async function create(app: App, name: string, options: CreateOptions): Promise<void> {
  await requireTrust(app, options.initTrust ?? false);
  const { client, origin } = await app.hub();
  const { data } = await client.call("enrolmentKeys.create", {
    body: {
      name,
      segment: options.segment,
      tags: [...options.tag],
      ...(options.reusable === undefined ? {} : { maxUses: options.reusable }),
      ...(options.expires === undefined ? {} : { expiresAt: toInstant(options.expires, Date.now()) }),
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(options.ephemeral === undefined ? {} : { ephemeral: options.ephemeral }),
      ...(options.preApproved === undefined ? {} : { preApproved: options.preApproved }),
    },
  });
  const lines = await joinLines(origin, data.secret);
  app.emit({ ...data, ...lines }, () => `${detailsOf(data.enrolmentKey)}\n${joinText(lines)}`);
  noteSecrecy(app);
}

/** A key carries the hash of the newest root, so there must be one; the chain is verified before a key is given out. */
export async function requireTrust(app: App, initialise: boolean): Promise<void> {
  const session = await openTrust(app);
  if (session.chain.newest) return;
  if (!initialise)
    throw new Failure(EXIT.conflict, "The network has no root of trust yet", {
      hint: "Run `rustronaut trust init` first, or give --init-trust.",
    });
  const made = await initialiseTrust(session.client, await onlineKeys(session), session.store, Date.now());
  app.note(custodyText(made));
}

export const gather = (text: string, sofar: readonly string[]): string[] => [
  ...sofar,
  ...text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
];

function toCount(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("It must be a number from 1 to 10000.");
  return Number(text);
}
