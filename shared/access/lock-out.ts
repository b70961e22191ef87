import type { SnapshotPolicy } from "../registry/snapshot.ts";
import type { Held, World } from "./as-of.ts";
import type { PrincipalFacts } from "./policy/request.ts";
import { Reachability, type ReachedApp } from "./reach.ts";

/**
 * Who would be locked out by a change, known before it is made. The hub is not governed by policies
 * (decision 10): its administrators need a role and an identity provider that vouches for them.
 */
export type LockOut =
  /** Whoever makes the change could no longer use the hub. */
  | { readonly kind: "hub" }
  /** Whoever makes the change could no longer open the app. */
  | { readonly kind: "app"; readonly app: string }
  /** Nobody at all could open the app any more. */
  | { readonly kind: "everybody"; readonly app: string };

/** What decides who may reach what. */
export interface Standing {
  readonly world: World;
  readonly statements: readonly SnapshotPolicy[];
}

export interface LockOuts {
  readonly found: readonly LockOut[];
  /** Apps that were not looked at, because there are too many people and apps for one answer. */
  readonly unseen: number;
}

/** How many times one caller may be asked about for one app. */
const MOST_ASKED = 100_000;

/**
 * Compares two standings. A caller reaches an app also if a policy needs facts that only a request tells.
 *
 * @param me The user who makes the change. Null for a program: then only `everybody` is found.
 */
export function lockOutsOf(
  before: Standing,
  after: Standing,
  me: string | null,
  now: number,
  mostAsked = MOST_ASKED,
): LockOuts {
  const reach = {
    before: new Reachability(before.statements, before.world.registered, now),
    after: new Reachability(after.statements, after.world.registered, now),
  };
  const found: LockOut[] = [];
  if (me !== null && usesHub(before.world, me) && !usesHub(after.world, me)) found.push({ kind: "hub" });
  const kept = new Map(after.world.apps.filter(isServed).map((app) => [app.id, app]));
  let left = mostAsked;
  let unseen = 0;
  const asks = (reachability: Reachability, app: ReachedApp, callers: readonly PrincipalFacts[]) => {
    const asked = reachability.firstToReach(app, callers.slice(0, left));
    left -= asked.asked;
    return asked.caller !== null;
  };
  const callers = { before: callersOf(before.world), after: callersOf(after.world) };
  const own = { before: userOf(before.world, me), after: userOf(after.world, me) };
  for (const app of before.world.apps.filter(isServed)) {
    // An app that is taken away is not one that nobody may open.
    const then = kept.get(app.id);
    if (!then) continue;
    if (left <= 0) {
      unseen++;
      continue;
    }
    const isOpen = asks(reach.after, then, callers.after);
    if (!isOpen && left > 0 && asks(reach.before, app, callers.before))
      found.push({ kind: "everybody", app: app.name });
    else if (asks(reach.before, app, own.before) && !asks(reach.after, then, own.after))
      found.push({ kind: "app", app: app.name });
  }
  return { found, unseen };
}

const isServed = ({ enabled }: World["apps"][number]): boolean => enabled;

const callersOf = ({ users, serviceTokens }: World): PrincipalFacts[] => [
  { type: "Anonymous" },
  ...serviceTokens.filter(({ isGood }) => isGood),
  ...users.filter(({ isActive }) => isActive),
];

const userOf = ({ users }: World, me: string | null): PrincipalFacts[] =>
  users.filter(({ id, isActive }) => id === me && isActive);

/** A sign-in at the hub needs a role, and a provider that vouches for the person. */
const usesHub = ({ users }: World, me: string): boolean =>
  users.some((user) => user.id === me && user.isActive && user.role !== null && user.emailVerified);

/** A thing as a change leaves it. `after` is null if it goes. */
export interface Replaced {
  readonly kind: string;
  readonly target: string;
  readonly other?: string;
  readonly after: Held["after"] | null;
}

/** The rows as they would be after a change. */
export function withReplaced(held: readonly Held[], replaced: readonly Replaced[]): Held[] {
  const key = ({ kind, target, other = "" }: Omit<Replaced, "after">) =>
    JSON.stringify([kind, target, other]);
  const changed = new Map(replaced.map((one) => [key(one), one]));
  const stay = held.filter((row) => !changed.has(key(row)));
  const come = [...changed.values()].flatMap(({ kind, target, other = "", after }) =>
    after === null ? [] : [{ kind, target, other, after }],
  );
  return [...stay, ...come];
}

/** What follows from a change, in a sentence. */
export function lockOutInWords(lockOut: LockOut): string {
  if (lockOut.kind === "hub") return "You would lose access to the hub.";
  if (lockOut.kind === "app") return `You could no longer open the app ${lockOut.app}.`;
  return `Nobody could open the app ${lockOut.app} any more.`;
}
