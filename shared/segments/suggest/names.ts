import type { Membership } from "./criterion.ts";

const MAX_NAME = 63;

/** A name for a role that nobody has: of its tag or its fact, else of what the names of its nodes begin with. */
export function nameOfRole(
  { where, include, fit }: Membership,
  nodes: readonly string[],
  taken: ReadonlySet<string>,
): string {
  const tag = include.find((one) => one.startsWith("tag:"))?.slice("tag:".length);
  const value = /"([^"]+)"/.exec(where)?.[1] ?? /^known app\.(\S+)/.exec(where)?.[1];
  const told = fit === "list" ? undefined : (tag ?? value);
  const base = nameLike(told ?? beginning(nodes)) || nameLike(`role-${nodes[0] ?? ""}`);
  for (let count = 1; ; count++) {
    const end = count === 1 ? "" : `-${count}`;
    const name = `${base.slice(0, MAX_NAME - end.length)}${end}`;
    if (!taken.has(name)) return name;
  }
}

/** What all names begin with, up to where they are counted: `web` of web-1 and web-2. Empty when that says nothing. */
function beginning(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let length = first.length;
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length--;
  const common = first.slice(0, length).replace(/[-._]?\d*$/, "");
  return common.length < 2 ? "" : common;
}

const nameLike = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_NAME)
    .replace(/^-+|-+$/g, "");
