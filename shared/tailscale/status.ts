import * as z from "zod";
import type { Inventory, InventoryNode } from "./to-rules.ts";

/** The part of `tailscale status --json` that says which machines there are, and whose. */

const machine = z.object({
  HostName: z.string().max(300).default(""),
  DNSName: z.string().max(300).default(""),
  TailscaleIPs: z.nullable(z.array(z.string().max(60)).max(16)).default([]),
  Tags: z.array(z.string().max(300)).max(1_000).optional(),
  UserID: z.number().optional(),
  PrimaryRoutes: z.nullable(z.array(z.string().max(60)).max(1_000)).optional(),
  ExitNodeOption: z.boolean().optional(),
});

export const statusSchema = z
  .object({
    Self: machine.optional(),
    Peer: z.nullable(z.record(z.string(), machine)).default({}),
    User: z.nullable(z.record(z.string(), z.object({ LoginName: z.string().max(300) }))).default({}),
  })
  .refine(({ Self }) => Self !== undefined, {
    path: ["Self"],
    message: "is missing: this is not what `tailscale status --json` prints",
  });

export function inventoryOf({ Self, Peer, User }: z.infer<typeof statusSchema>): Inventory {
  const people = User ?? {};
  const machines = [...(Self ? [Self] : []), ...Object.values(Peer ?? {})];
  const nodes = machines.map((each) => nodeOf(each, people));
  const emails = Object.values(people).map(({ LoginName }) => LoginName.toLowerCase());
  return {
    nodes,
    users: [...new Set(emails.filter((email) => email.includes("@") && email !== TAGGED))].sort(),
    tags: [...new Set(nodes.flatMap(({ tags }) => tags))].sort(),
  };
}

/** The name under which Tailscale lists the owner of machines with tags. */
const TAGGED = "tagged-devices";

function nodeOf(
  each: z.infer<typeof machine>,
  people: Readonly<Record<string, { LoginName: string }>>,
): InventoryNode {
  const tags = (each.Tags ?? []).map((tag) => tag.replace(/^tag:/, ""));
  const owner = people[String(each.UserID)]?.LoginName.toLowerCase() ?? null;
  return {
    name: (each.DNSName.split(".")[0] || each.HostName).toLowerCase(),
    addresses: each.TailscaleIPs ?? [],
    tags,
    user: tags.length > 0 ? null : owner,
    routes: [...(each.PrimaryRoutes ?? []), ...(each.ExitNodeOption ? ["0.0.0.0/0", "::/0"] : [])],
  };
}
