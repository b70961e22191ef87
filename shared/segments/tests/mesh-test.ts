import { err, ok, type Result } from "../../base/result.ts";
import { describeTextError, type TextError } from "../../base/text-error.ts";
import type { Traffic } from "../../node/config/types.ts";
import { type Entry, parseEntry, printEntry } from "../rule.ts";
import { parseSelector, printSelector } from "../selector.ts";
import type { Selector } from "../types.ts";

/** What rules must let pass between nodes, and what they may not, whatever else they say. */
export interface MeshTest {
  readonly id: string;
  readonly name: string;
  /** Which nodes begin the traffic. */
  readonly from: Selector;
  readonly accept: readonly Target[];
  readonly deny: readonly Target[];
}

/** Traffic to nodes, to a network behind a router, or to the Internet. As text: `tag:db tcp/5432`, `tag:db service:database`. */
export interface Target {
  readonly to: Selector;
  /** A service is named by its name in a text, and by its id where the test is stored. */
  readonly traffic: Entry;
}

/** A target with the traffic of its service. */
export interface TriedTarget {
  readonly to: Selector;
  readonly traffic: readonly Traffic[];
}

/** A test with the traffic of its services. */
export interface TriedTest {
  readonly from: Selector;
  readonly accept: readonly TriedTarget[];
  readonly deny: readonly TriedTarget[];
}

/**
 * The test as it is run.
 * @param trafficOf The traffic of a service by its id.
 */
export function triedTest(
  { from, accept, deny }: MeshTest,
  trafficOf: (service: string) => readonly Traffic[],
): TriedTest {
  const tried = ({ to, traffic }: Target): TriedTarget => ({
    to,
    traffic: typeof traffic === "string" ? trafficOf(traffic) : [traffic],
  });
  return { from, accept: accept.map(tried), deny: deny.map(tried) };
}

export type Expected = "accept" | "deny";

/** A test in the form that people write. */
export interface MeshTestText {
  readonly from: string;
  readonly accept: readonly string[];
  readonly deny: readonly string[];
}

export interface MeshTestTextError {
  readonly field: keyof MeshTestText;
  /** The index of the entry in the field. Null when the field itself is refused. */
  readonly index: number | null;
  /** What is wrong, and what to write instead, in words. */
  readonly detail: string;
}

type Body = Pick<MeshTest, "from" | "accept" | "deny">;

/** Reads a test. Duplicate entries are kept once. */
export function parseMeshTest(text: MeshTestText): Result<Body, MeshTestTextError> {
  const from = parseSelector(text.from, "from");
  if (!from.ok) return err({ field: "from", index: null, detail: describeTextError(from.error) });
  if (from.value.kind === "subnet") {
    const detail = "Traffic of a test begins at nodes. Name a node, a tag, a segment, a user or any.";
    return err({ field: "from", index: null, detail });
  }
  if (text.accept.length + text.deny.length === 0) {
    const detail = "The test expects nothing. Name at least one target to accept or to deny.";
    return err({ field: "accept", index: null, detail });
  }
  const accept = readTargets(text.accept, "accept");
  if (!accept.ok) return accept;
  const deny = readTargets(text.deny, "deny");
  return deny.ok ? ok({ from: from.value, accept: accept.value, deny: deny.value }) : deny;
}

export const printMeshTest = ({ from, accept, deny }: Body): MeshTestText => ({
  from: printSelector(from),
  accept: accept.map(printTarget),
  deny: deny.map(printTarget),
});

export const printTarget = ({ to, traffic }: Target): string => `${printSelector(to)} ${printEntry(traffic)}`;

/** The target with names instead of ids. If a thing is gone, its id is shown. */
export const namedTarget = (
  { to, traffic }: Target,
  named: (selector: Selector) => Selector,
  nameOfService: (id: string) => string | undefined,
): Target => ({
  to: named(to),
  traffic: typeof traffic === "string" ? (nameOfService(traffic) ?? traffic) : traffic,
});

function readTargets(entries: readonly string[], field: Expected): Result<Target[], MeshTestTextError> {
  const targets = new Map<string, Target>();
  for (const [index, entry] of entries.entries()) {
    const target = parseTarget(entry);
    if (!target.ok) return err({ field, index, detail: describeTextError(target.error) });
    targets.set(printTarget(target.value), target.value);
  }
  return ok([...targets.values()]);
}

/** The name of a segment may hold spaces, and traffic holds none. */
function parseTarget(text: string): Result<Target, TextError> {
  const space = text.lastIndexOf(" ");
  if (space < 0) {
    const remedy = "Write it after a space, such as tag:db tcp/5432";
    return err({ text, position: text.length + 1, problem: "the traffic is missing", remedy });
  }
  const to = parseSelector(text.slice(0, space), "to");
  if (!to.ok) return to;
  const traffic = parseEntry(text.slice(space + 1));
  if (traffic.ok) return ok({ to: to.value, traffic: traffic.value });
  return err({ ...traffic.error, text, position: space + 1 + traffic.error.position });
}
