import type { Command } from "commander";
import type { App, Hub } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { joinLines, joinText, noteSecrecy } from "../installer.ts";
import { noteOption } from "../note-option.ts";
import { gather, requireTrust } from "./keys.ts";

/** One machine is at hand: what is not used by then was lost or forgotten. */
const LIFETIME_MS = 3_600_000;

interface AddOptions {
  readonly segment?: string;
  readonly tag: readonly string[];
  readonly user?: string;
  readonly preApproved?: boolean;
  readonly initTrust?: boolean;
}

/** `nodes add`: a key for one machine, and the one line that makes the machine a node. */
export function addNodeAddCommand(nodes: Command, app: App): void {
  nodes
    .command("add")
    .description("Print the one line that installs the agent on a machine and joins it (role admin)")
    .option("--segment <segment>", "id or name of the segment that it joins, where there are several")
    .option("--tag <tag>", "a tag of the node (repeat it)", gather, [])
    .option("--user <user>", "the owner of the node, by e-mail or id")
    .option("--pre-approved", "the node needs no approval")
    .option("--init-trust", "make the root of trust first, where the network has none (role owner)")
    .addOption(noteOption())
    .action((options: AddOptions) => add(app, options));
}

async function add(app: App, { segment, tag, user, preApproved, initTrust }: AddOptions): Promise<void> {
  await requireTrust(app, initTrust ?? false);
  const hub = await app.hub();
  const now = Date.now();
  const { data } = await hub.client.call("enrolmentKeys.create", {
    body: {
      // Names are unique.
      name: `one machine ${new Date(now).toISOString()}`,
      segment: segment ?? (await onlySegment(hub)),
      tags: [...tag],
      maxUses: 1,
      expiresAt: now + LIFETIME_MS,
      preApproved: preApproved ?? false,
      ...(user === undefined ? {} : { user }),
    },
  });
  const lines = await joinLines(hub.origin, data.secret);
  app.emit({ ...data, ...lines }, () => joinText(lines));
  noteSecrecy(app);
  app.note("It lets one machine in, within an hour.");
  if (!preApproved) app.note("Then approve it: rustronaut nodes approve NAME");
}

async function onlySegment({ client }: Hub): Promise<string> {
  const { data } = await client.call("segments.list");
  const [only, ...others] = data.items;
  if (only && others.length === 0) return only.name;
  throw new Failure(EXIT.usage, "It is not clear which segment the node joins", {
    hint: only
      ? `Give --segment; there are ${data.items.map(({ name }) => name).join(", ")}.`
      : "Make one first: rustronaut segments create NAME",
  });
}
