import type { DecisionEntry } from "../audit/types.ts";
import { canonicalTarget, type Target } from "../http/target.ts";
import type { SnapshotApp } from "../registry/snapshot.ts";
import { assess } from "./assess.ts";
import { NO_STANDING } from "./grade/grade.ts";
import type { CompiledPolicies } from "./policy/index.ts";
import { actionsOf, type Decision, type PrincipalFacts } from "./policy/request.ts";
import type { Question } from "./question.ts";

/**
 * What a draft would change, told from requests that were really made. Each recorded decision is judged twice
 * with the facts that were recorded: by the policies of today, and by these with the draft. So the difference
 * is the draft's alone. What policies allow is then graded by risk and age of the sign-in; that is not judged
 * again. How groups are nested is not recorded; that of today is used for both.
 */

/** Requests of one caller to one app that a draft would decide otherwise, for the same reason. */
export interface Flip {
  /** What the draft would make of the requests. */
  readonly to: "allow" | "deny";
  readonly caller: PrincipalFacts;
  readonly app: string;
  readonly requests: number;
  /** The statements that determine the decision today, and with the draft. Empty if no statement matches. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The newest of the requests. */
  readonly example: {
    readonly id: string;
    readonly at: number;
    readonly method: string;
    readonly path: string;
  };
}

interface Counted {
  readonly requests: number;
  readonly callers: number;
}

export interface ReplayReport {
  /** Requests that were judged again. */
  readonly replayed: number;
  readonly newlyDenied: Counted;
  readonly newlyAllowed: Counted;
  /** The most frequent first. */
  readonly flips: readonly Flip[];
  /** Requests that the draft changes and that are in none of `flips`, because there are too many different ones. */
  readonly unlisted: number;
  /** Requests that the policies of today already decide otherwise than it was recorded. */
  readonly decidedOtherwise: number;
  /**
   * Among the replayed requests, those of which the record doesn't tell everything that was judged: the app
   * is gone, or a header named another method or resource.
   */
  readonly partly: number;
  /** Requests that no policy was asked about, such as those with a wrong credential. Not replayed. */
  readonly unasked: number;
  /** Requests whose record is cut or can't be read. Not replayed. */
  readonly unreadable: number;
}

/** Memory for different flips, and how many of them a report lists. */
const MOST_KEPT = 1_000;
const MOST_LISTED = 100;

export class Replay {
  readonly #before: CompiledPolicies;
  readonly #after: CompiledPolicies;
  readonly #apps: ReadonlyMap<string, SnapshotApp>;
  readonly #defaults: SnapshotApp["settings"];
  readonly #flips = new Map<string, Flip>();
  readonly #callers = { allow: new Set<string>(), deny: new Set<string>() };
  readonly #requests = { allow: 0, deny: 0 };
  readonly #counts = {
    replayed: 0,
    unlisted: 0,
    decidedOtherwise: 0,
    partly: 0,
    unasked: 0,
    unreadable: 0,
  };

  /**
   * @param apps The apps of today. They say how an upstream reads paths.
   * @param defaults The settings of an app that is gone.
   */
  constructor(
    before: CompiledPolicies,
    after: CompiledPolicies,
    apps: readonly SnapshotApp[],
    defaults: SnapshotApp["settings"],
  ) {
    this.#defaults = defaults;
    this.#before = before;
    this.#after = after;
    this.#apps = new Map(apps.map((app) => [app.id, app]));
  }

  /** Judges one recorded request again. Call it with the newest first. */
  judge(entry: DecisionEntry): void {
    const counts = this.#counts;
    if (!wasAsked(entry)) counts.unasked++;
    else if (entry.cut) counts.unreadable++;
    else {
      try {
        this.#judge(entry);
      } catch {
        // Facts that no request of today could have, such as an address in an older form.
        counts.unreadable++;
      }
    }
  }

  report(): ReplayReport {
    const flips = [...this.#flips.values()].sort((a, b) => b.requests - a.requests);
    const listed = flips.slice(0, MOST_LISTED);
    const rest = flips.slice(MOST_LISTED).reduce((sum, { requests }) => sum + requests, 0);
    const counted = (to: Flip["to"]) => ({ requests: this.#requests[to], callers: this.#callers[to].size });
    return {
      ...this.#counts,
      unlisted: this.#counts.unlisted + rest,
      newlyDenied: counted("deny"),
      newlyAllowed: counted("allow"),
      flips: listed,
    };
  }

  #judge(entry: DecisionEntry): void {
    const { question, isWhole } = questionAgain(entry, this.#apps.get(entry.appId), this.#defaults);
    const { principal, authentication, device, client = null, risk, now, grants = [] } = entry.facts;
    const signal = { source: "recorded", kind: "recorded", score: risk, at: now, halfLifeSeconds: 86_400 };
    const standing = { ...NO_STANDING, signals: risk === 0 ? [] : [signal] };
    const whenever = { appId: entry.appId, since: 0, until: Number.POSITIVE_INFINITY, emergency: false };
    const asker = {
      ...{ principal, authentication, device, client, standing },
      grants: grants.map((grant) => ({ ...grant, ...whenever })),
    };
    const before = assess(question, asker, this.#before, now).decision;
    const after = assess(question, asker, this.#after, now).decision;
    this.#counts.replayed++;
    if (!isWhole) this.#counts.partly++;
    if (before.decision !== entry.decision) this.#counts.decidedOtherwise++;
    if (before.decision !== after.decision) this.#note(entry, before, after);
  }

  #note(entry: DecisionEntry, before: Decision, after: Decision): void {
    const { principal, request } = entry.facts;
    const to = after.decision;
    const caller = callerKey(principal);
    this.#requests[to]++;
    this.#callers[to].add(caller);
    const key = JSON.stringify([to, caller, entry.appName, before.determining, after.determining]);
    const known = this.#flips.get(key);
    if (known) this.#flips.set(key, { ...known, requests: known.requests + 1 });
    else if (this.#flips.size >= MOST_KEPT) this.#counts.unlisted++;
    else
      this.#flips.set(key, {
        ...{ to, caller: principal, app: entry.appName, requests: 1 },
        ...{ before: before.determining, after: after.determining },
        example: { id: entry.id, at: entry.at, method: request.method, path: request.path },
      });
  }
}

/** Whether policies decided. All other reasons deny whatever the policies say. */
const wasAsked = ({ reason }: DecisionEntry): boolean => reason === "policy" || reason === "default_deny";

const callerKey = (principal: PrincipalFacts): string =>
  principal.type === "Anonymous" ? principal.type : `${principal.type} ${principal.id}`;

/** Methods whose headers name a second resource (RFC 4918 §9.8, §9.9). Headers are not recorded. */
const NAMES_ANOTHER: ReadonlySet<string> = new Set(["COPY", "MOVE"]);

/**
 * The question that the request asked, as far as the record tells it: every reading of its path, and every
 * action of its method.
 */
function questionAgain(
  { facts, appId }: DecisionEntry,
  app: SnapshotApp | undefined,
  defaults: SnapshotApp["settings"],
): { question: Question; isWhole: boolean } {
  const { action, request, resource, network, mcp = null } = facts;
  const opensSocket = action === "connect";
  const stated = actionsOf(request.method, opensSocket);
  const target = app ? targetAgain(request.path, app) : null;
  const served = {
    ...{ settings: defaults, upstreams: [], ...app },
    ...{ id: appId, name: resource.app, segmentName: resource.segment, tags: resource.tags },
    host: request.host,
  } as SnapshotApp;
  return {
    question: {
      ...{ app: served, method: request.method, opensSocket, network, mcp, others: [], rewritten: [] },
      target: target ?? { path: request.path, query: "", readings: [request.path], aliases: [] },
      actions: [...new Set([...stated, action])],
    },
    isWhole: target !== null && stated.includes(action) && !NAMES_ANOTHER.has(request.method),
  };
}

/** Null if the recorded path is one reading of another path, which isn't recorded. */
function targetAgain(path: string, { settings }: SnapshotApp): Target | null {
  const target = canonicalTarget(path, settings);
  return target.ok && target.value.path === path ? target.value : null;
}
