import type { SnapshotApp, SnapshotPolicy } from "../registry/snapshot.ts";
import type { GrantOfUser } from "./as-of.ts";
import { resourceOf } from "./assess.ts";
import type { HeldGrant } from "./grants/types.ts";
import { environmentOf } from "./policy/entities.ts";
import { grantPolicies } from "./policy/grant-links.ts";
import { Inventory, type Registered } from "./policy/inventory.ts";
import { type Outlook, outlookOf, UNKNOWN } from "./policy/outlook.ts";
import { compilePolicy, type Policy } from "./policy/policy.ts";
import { ACTIONS, type ActionName, type PrincipalFacts, type RequestFacts } from "./policy/request.ts";

/**
 * Who may reach which app. The answer uses everything known about the callers and their groups. It doesn't
 * use facts that only a request tells: its path, its method, where it comes from, and how the person signed
 * in. Grants count only where they are given, as a grant is no standing right. Those facts are gaps. If a policy needs such a fact, the answer is `depends`.
 */

/** The facts about an app that this module needs. */
export type ReachedApp = Pick<SnapshotApp, "id" | "name" | "host" | "hosts" | "segmentName" | "tags"> & {
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

  /** What each of these callers may do with an app. @param grants Those in force, of whatever person and app. */
  ofApp(app: ReachedApp, callers: readonly PrincipalFacts[], grants: readonly GrantOfUser[] = []): Reach[] {
    const policies = this.#about(app);
    return callers.map((caller) => this.#reach(policies, caller, app, grantsFor(grants, caller, app)));
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

  /** What a caller may do with each of these apps. @param grants Those in force, of whatever person and app. */
  ofCaller(
    caller: PrincipalFacts,
    apps: readonly ReachedApp[],
    grants: readonly GrantOfUser[] = [],
  ): Reach[] {
    const [first] = apps;
    if (!first) return [];
    const policies = this.#from(caller, first, this.#policies);
    return apps.map((app) =>
      this.#reach(this.#about(app, policies), caller, app, grantsFor(grants, caller, app)),
    );
  }

  /** The policies about an app, which are the same for all callers. */
  #about(app: ReachedApp, policies = this.#policies): readonly Policy[] {
    const anyone: PrincipalFacts = { type: "Anonymous" };
    const env = environmentOf(new PartlyKnown(anyone, app, "read", this.#now), this.#inventory);
    return policies.filter(({ resource }) => resource.matches(env));
  }

  /** The policies about a caller, which are the same for all apps and actions. */
  #from(caller: PrincipalFacts, app: ReachedApp, policies: readonly Policy[]): readonly Policy[] {
    const env = environmentOf(new PartlyKnown(caller, app, "read", this.#now), this.#inventory);
    return policies.filter(({ principal }) => principal.matches(env));
  }

  #reach(
    about: readonly Policy[],
    caller: PrincipalFacts,
    app: ReachedApp,
    grants: readonly HeldGrant[] = [],
  ): Reach {
    const mayAsk = caller.type !== "Anonymous" || app.anonymous;
    const policies = mayAsk ? this.#from(caller, app, about) : [];
    if (policies.length === 0 && grants.length === 0) return UNREACHED;
    const judge = (action: ActionName): Outlook => {
      const facts = new PartlyKnown(caller, app, action, this.#now);
      const granted = grantPolicies({ principal: caller, resource: facts.resource, grants });
      return outlookOf([...policies, ...granted], environmentOf(facts, this.#inventory));
    };
    const actions = forEachAction(judge);
    const answers = new Set(Object.values(actions).map(({ answer }) => answer));
    return { answer: answers.has("yes") ? "yes" : answers.has("depends") ? "depends" : "no", actions };
  }
}

/** The grants of a caller for an app. */
export const grantsFor = (
  grants: readonly GrantOfUser[],
  caller: PrincipalFacts,
  app: Pick<ReachedApp, "id">,
): GrantOfUser[] =>
  caller.type === "User"
    ? grants.filter(({ userId, appId }) => userId === caller.id && appId === app.id)
    : [];

const forEachAction = (judge: (action: ActionName) => Outlook): Reach["actions"] =>
  Object.fromEntries(ACTIONS.map((action) => [action, judge(action)])) as Reach["actions"];

/** Where no policy is about a caller and an app. */
const UNREACHED: Reach = {
  answer: "no",
  actions: forEachAction(() => ({ answer: "no", by: [], unless: [] })),
};

/** The facts of a request, with gaps. Reading a gap tells the reader that the fact is not known. */
class PartlyKnown implements RequestFacts {
  readonly principal: PrincipalFacts;
  readonly action: ActionName;
  readonly resource: RequestFacts["resource"];
  readonly request: RequestFacts["request"];
  readonly network = NETWORK;
  readonly authentication: RequestFacts["authentication"];
  readonly now: number;

  constructor(principal: PrincipalFacts, app: ReachedApp, action: ActionName, now: number) {
    this.principal = principal;
    this.action = action;
    this.resource = resourceOf(app);
    this.request = new PartlyKnownRequest(app);
    this.authentication = principal.type === "User" ? SIGN_IN : null;
    this.now = now;
  }

  /** Only the browser of a person proves a device. */
  get device(): RequestFacts["device"] {
    return this.principal.type === "User" ? gap() : null;
  }

  /** Only people let programs act for them. */
  get client(): NonNullable<RequestFacts["client"]> | null {
    return this.principal.type === "User" ? gap() : null;
  }

  get mcp(): NonNullable<RequestFacts["mcp"]> | null {
    return gap();
  }

  /** Only people have a risk. */
  get risk(): number {
    return this.principal.type === "User" ? gap() : 0;
  }
}

class PartlyKnownRequest {
  readonly #app: ReachedApp;

  constructor(app: ReachedApp) {
    this.#app = app;
  }

  /** A request chooses among several hosts. */
  get host(): string {
    return this.#app.hosts.length > 1 ? gap() : this.#app.host;
  }

  get method(): string {
    return gap();
  }

  get path(): string {
    return gap();
  }
}

const NETWORK = gaps<RequestFacts["network"]>(["ip", "country", "asn", "certificate"]);
const SIGN_IN = gaps<NonNullable<RequestFacts["authentication"]>>(["provider", "acr", "amr", "ageSeconds"]);

function gaps<T extends object>(names: readonly (keyof T & string)[]): T {
  return Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { get: gap }]))) as T;
}

function gap(): never {
  throw UNKNOWN;
}
