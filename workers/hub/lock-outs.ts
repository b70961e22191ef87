import { worldOf } from "../../shared/access/as-of.ts";
import { type LockOut, lockOutInWords, type Replaced, withReplaced } from "../../shared/access/lock-out.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import { compilerObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import { heldAt } from "../registry/history.ts";
import type { Call } from "./call.ts";
import { type HeldPolicy, heldPolicies, statementsWithout } from "./policy-judge.ts";

/** Says who would be locked out by a change, and refuses it unless its author insists. */

/** A change of what decides who may reach what. */
export interface Shift {
  readonly things?: readonly Replaced[];
  /** The policies that change. One without statements is not in force afterwards. */
  readonly policies?: readonly HeldPolicy[];
}

type Author = Pick<Call, "bindings" | "caller" | "now">;

/** Who would be locked out, in sentences. */
export async function lockOutsBy(
  { bindings, caller, now }: Author,
  { things = [], policies = [] }: Shift,
): Promise<{ readonly lockOuts: readonly LockOut[]; readonly sentences: readonly string[] }> {
  const { db } = bindings;
  const [held, inForce] = await Promise.all([heldAt(db, now), heldPolicies(db)]);
  // The gateway lets nobody in by policies that it can't read, so nobody can lose access by their repair.
  if (inForce.some(({ statements }) => statements === null)) return { lockOuts: [], sentences: [] };
  const others = statementsWithout(inForce, new Set(policies.map(({ name }) => name)));
  const before = {
    world: worldOf(held, now),
    statements: statementsWithout(inForce, new Set()),
  };
  const after = {
    world: things.length > 0 ? worldOf(withReplaced(held, things), now) : before.world,
    statements: [...others, ...policies.flatMap(({ statements }) => statements)],
  };
  const compiler = compilerObject(bindings, caller.actor);
  const { found, unseen } = await compiler.lockOuts(before, after, caller.user?.id ?? null, now);
  return { lockOuts: found, sentences: inWords(found, unseen) };
}

/** A longer list would not be read. */
const MOST_NAMED = 10;

function inWords(found: readonly LockOut[], unseen: number): string[] {
  const sentences = found.slice(0, MOST_NAMED).map(lockOutInWords);
  if (found.length > MOST_NAMED) sentences.push(`${found.length - MOST_NAMED} more apps would be closed.`);
  if (unseen > 0) sentences.push(`${unseen} apps were not looked at: there are too many apps and people.`);
  return sentences;
}

/**
 * Refuses a change that locks people out, unless its author says so. A program can't be asked, so it is told
 * by a warning instead.
 *
 * @returns What the audit log keeps, and the warnings for the answer.
 */
export async function refuseLockOut(
  author: Author,
  shift: Shift,
  despite: boolean | undefined,
): Promise<{ readonly kept: { readonly lockOuts?: string[] }; readonly warnings: InputIssue[] }> {
  const { lockOuts, sentences } = await lockOutsBy(author, shift);
  if (lockOuts.length === 0) return { kept: {}, warnings: [] };
  const issues = sentences.map((message): InputIssue => ({ path: "", message, code: "lock_out" }));
  if (despite || author.caller.user === null) return { kept: { lockOuts: [...sentences] }, warnings: issues };
  return throwRefusal(
    "would_lock_out",
    `${sentences.join(" ")} Make the change all the same with \`despiteLockOut\`, which is recorded.`,
    { issues },
  );
}
