import type { SnapshotApp, SnapshotPolicy } from "../registry/snapshot.ts";
import { resourceOf } from "./assess.ts";
import { environmentOf } from "./policy/entities.ts";
import { Inventory, type Registered } from "./policy/inventory.ts";
import { type Outlook, outlookOf, UNKNOWN } from "./policy/outlook.ts";
import { compilePolicy, type Policy } from "./policy/policy.ts";
import { ACTIONS, type ActionName, type PrincipalFacts, type RequestFacts } from "./policy/request.ts";

/**
 * Who may reach which app. The answer uses everything known about the callers and their groups. It doesn't
 * use facts that only a request tells: its path, its method, where it comes from, and how the person signed
 * in. Those facts are gaps. If a policy needs such a fact, the answer is `depends`.
 */

/** The facts about an app that this module needs. */
export type ReachedApp = Pick<SnapshotApp, "id" | "name" | "host" | "segmentName" | "tags"> & {
  readonly anonymous: boolean;
};

export interface Reach {
  /** The most permissive answer among all actions. */
  readonly answer: Outlook["answer"];
  readonly actions: Readonly<Record<ActionName, Outlook>>;
}

export class Reachability {
  readonly #policies: readonly Policy[];
  readonly #inventory: Inventory;
  readonly #now: number;

  /**
   * @param now The time for policies about time.
   * @throws CompileError As the compiler of the gateway does.
   */
  constructor(statements: readonly SnapshotPolicy[], registered: Registered, now: number) {
    this.#policies = statements.map(({ id, policy }) => compilePolicy(id, policy));
    this.#inventory = new Inventory(registered);
    this.#now = now;
  }

  /** What each of these callers may do with an app. */
  ofApp(app: ReachedApp, callers: readonly PrincipalFacts[]): Reach[] {
    const policies = this.#about(app);
    return callers.map((caller) => this.#reach(policies, caller, app));
  }

  /** The first of these callers who reaches an app in some way, and how many were asked until then. */
  firstToReach(
    app: ReachedApp,
    callers: readonly PrincipalFacts[],
  ): { caller: PrincipalFacts | null; asked: number } {
    const policies = this.#about(app);
    const at = callers.findIndex((caller) => this.#reach(policies, caller, app).answer !== "no");
    return at < 0 ? { caller: null, asked: callers.length } : { caller: callers[at] ?? null, asked: at + 1 };
  }

  /** What a caller may do with each of these apps. */
  ofCaller(caller: PrincipalFacts, apps: readonly ReachedApp[]): Reach[] {
    return apps.map((app) => this.#reach(this.#policies, caller, app));
  }

  /** The policies about an app, which are the same for all callers. */
  #about(app: ReachedApp): readonly Policy[] {
    const anyone: PrincipalFacts = { type: "Anonymous" };
    const env = environmentOf(factsOf(anyone, app, "read", this.#now), this.#inventory);
    return this.#policies.filter(({ resource }) => resource.matches(env));
  }

  #reach(policies: readonly Policy[], caller: PrincipalFacts, app: ReachedApp): Reach {
    const mayAsk = caller.type !== "Anonymous" || app.anonymous;
    const judge = (action: ActionName): Outlook =>
      mayAsk
        ? outlookOf(policies, environmentOf(factsOf(caller, app, action, this.#now), this.#inventory))
        : { answer: "no", by: [], unless: [] };
    const actions = Object.fromEntries(ACTIONS.map((action) => [action, judge(action)])) as Reach["actions"];
    const answers = new Set(Object.values(actions).map(({ answer }) => answer));
    return { answer: answers.has("yes") ? "yes" : answers.has("depends") ? "depends" : "no", actions };
  }
}

/** The facts of a request, with gaps. Reading a gap tells the reader that the fact is not known. */
function factsOf(principal: PrincipalFacts, app: ReachedApp, action: ActionName, now: number): RequestFacts {
  const facts = {
    principal,
    action,
    resource: resourceOf(app),
    request: gaps<RequestFacts["request"]>({ host: app.host }, ["method", "path"]),
    network: gaps<RequestFacts["network"]>({}, ["ip", "country", "asn"]),
    authentication:
      principal.type === "User" ? gaps<SignIn>({}, ["provider", "acr", "amr", "ageSeconds"]) : null,
    // Nothing measures devices yet, so the gateway fills in the same value.
    device: null,
    now,
  };
  // Only people have a risk.
  return principal.type === "User" ? gaps<RequestFacts>(facts, ["risk"]) : { ...facts, risk: 0 };
}

type SignIn = NonNullable<RequestFacts["authentication"]>;

function gaps<T extends object>(known: Partial<T>, unknown: readonly (keyof T & string)[]): T {
  const record = { ...known };
  for (const name of unknown)
    Object.defineProperty(record, name, {
      get: () => {
        throw UNKNOWN;
      },
    });
  return record as T;
}
