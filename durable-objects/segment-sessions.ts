import { DurableObject } from "cloudflare:workers";
import type { ProvenDevice } from "../shared/access/device/device.ts";
import type { Seen } from "../shared/access/risk/whereabouts.ts";
import type { Heard, NetworkCoordinatorRpc, News } from "../shared/access/sessions/coordinator.ts";
import {
  decide,
  type SessionCommand,
  type SessionRefusal,
  verdictOf,
} from "../shared/access/sessions/decide.ts";
import type { SessionEffect } from "../shared/access/sessions/effects.ts";
import { KILL_LINE_TOUCH } from "../shared/access/sessions/kill-line.ts";
import type { ParkedRequest, ParkOutcome, Unparked } from "../shared/access/sessions/parked.ts";
import { applyAll, type SessionsState } from "../shared/access/sessions/state.ts";
import type {
  CreateOutcome,
  CreateSession,
  Parent,
  RaiseSession,
  Renewal,
  SegmentSessionsRpc,
  Session,
  SessionEndReason,
  SessionFilter,
  Verdict,
} from "../shared/access/sessions/types.ts";
import { objectOf } from "../shared/base/objects.ts";
import { ok, type Result } from "../shared/base/result.ts";
import type { ObjectBindings } from "../shared/bindings.ts";
import { type Ending, markEnded, markedEnded } from "../shared/registry/ended-sessions.ts";
import { prepareAll } from "../shared/registry/mesh-change.ts";
import { endMessage, KillLines, knowsNewest } from "./sessions/kill-lines.ts";
import { Notices } from "./sessions/notices.ts";
import { ParentUse } from "./sessions/parent-use.ts";
import { SessionStore } from "./sessions/session-store.ts";
import { Vouching } from "./sessions/vouching.ts";
import { onAlarm, ringAt, ringIfSilent } from "./storage/alarm.ts";

interface Environment extends Pick<ObjectBindings, "NETWORK_COORDINATOR" | "SEGMENT_SESSIONS"> {
  readonly DB: D1Database;
}

/** The result of a command. */
interface Done {
  readonly state: SessionsState;
  readonly ended: string[];
}

/**
 * The one writer of the sessions of a segment, region and shard. `docs/consistency-and-failure.md` says what it
 * promises.
 */
export class SegmentSessions extends DurableObject<Environment> implements SegmentSessionsRpc {
  readonly #store: SessionStore;
  readonly #lines: KillLines;
  readonly #notices: Notices;
  readonly #vouching: Vouching;
  readonly #parents: ParentUse;
  /** When this object must prove its freshness because of open lines. Null while there are no lines. */
  #linesDueAt: number | null;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    this.#store = new SessionStore(ctx.storage.sql);
    this.#lines = new KillLines(ctx);
    this.#notices = new Notices(ctx.storage.sql, {
      markEnded: (endings) => this.#markEnded(endings),
      endChildren: async (id) => {
        await this.#coordinator().endEverywhere(null, { by: "parent", id }, "parent_ended");
      },
    });
    this.#vouching = new Vouching({
      store: this.#store,
      name: () => this.#name(),
      coordinator: () => this.#coordinator(),
      learn: (news) => this.#learn(news),
    });
    this.#parents = new ParentUse((owner, id) => objectOf(this.env.SEGMENT_SESSIONS, owner).keepAlive(id));
    this.#linesDueAt = this.#lines.areOpen() ? this.#vouching.nextProof() : null;
    if (this.#store.exists) ringIfSilent(ctx, () => this.#ringWhenDue());
  }

  async create(input: CreateSession): Promise<CreateOutcome> {
    this.#store.found();
    const subjects = [input.principal.userId, ...(input.device ? [input.device.device.id] : [])];
    return this.#vouching.toldOf(subjects, { ok: false, reason: "stale" }, () => this.#make(input));
  }

  async bindDevice(id: string, proven: ProvenDevice): Promise<boolean> {
    if (!this.#store.exists) return false;
    return this.#vouching.toldOf([proven.device.id], false, () => {
      const before = this.#store.forBinding(id, proven.device);
      return this.#run({ type: "bind_device", id, proven }, before).state.live.has(id);
    });
  }

  #make(input: CreateSession): CreateOutcome {
    const done = this.#tryRun({ type: "create", input }, this.#store.forCreate(input));
    if (!done.ok) return { ok: false, reason: done.error };
    const { state, ended } = done.value;
    const session = state.live.get(input.id)?.session;
    if (!session) throw new Error("a session that was just created is not live");
    return { ok: true, session, ended };
  }

  async verify(secretHash: string, appId: string | null, touch: boolean, seen?: Seen): Promise<Verdict> {
    if (!this.#store.exists) return { ok: false, reason: "unknown", epoch: 0 };
    let known = this.#store.bySecret(secretHash);
    // A denial needs no proof of freshness, so an invented cookie causes no further work.
    if (known.live.size === 0) return verdictOf(known, secretHash, appId);
    if (!this.#vouching.isFresh()) {
      if (!(await this.#vouching.isCurrent()))
        return { ok: false, reason: "stale", epoch: this.#store.epoch };
      known = this.#store.bySecret(secretHash);
    }
    const command = { type: "verify", secretHash, appId, touch, ...(seen ? { seen } : {}) } as const;
    const { state } = this.#run(command, known);
    const verdict = verdictOf(state, secretHash, appId);
    return verdict.ok ? { ...verdict, unusedMs: unusedMs(known, Date.now()) } : verdict;
  }

  async raise(input: RaiseSession): Promise<Session | null> {
    if (!this.#store.exists || !(await this.#vouching.isCurrent())) return null;
    const { state } = this.#run({ type: "raise", input }, this.#store.byId(input.id));
    const live = state.live.get(input.id);
    return live?.secretHash === input.secretHash ? live.session : null;
  }

  async putBelow(id: string, parent: Parent): Promise<Session | null> {
    if (!this.#store.exists) return null;
    const { state } = this.#run({ type: "put_below", id, parent }, this.#store.byId(id));
    return state.live.get(id)?.session ?? null;
  }

  async renew(secretHash: string, appId: string, number: number): Promise<Renewal> {
    if (!this.#store.exists) return { ok: false, reason: "ended" };
    if (!(await this.#vouching.isCurrent())) return { ok: false, reason: "stale" };
    const before = this.#store.bySecret(secretHash);
    const { state } = this.#run({ type: "renew", secretHash, appId, number }, before);
    const verdict = verdictOf(state, secretHash, appId);
    if (verdict.ok) return { ok: true, session: verdict.session };
    const [held] = before.live.values();
    return verdict.reason === "token_replayed" && held
      ? { ok: false, reason: "replayed", session: held.session }
      : { ok: false, reason: "ended" };
  }

  async park(request: ParkedRequest): Promise<ParkOutcome> {
    if (!this.#store.exists || !this.#isLive(request.sessionId)) return "ended";
    const outcome = this.#store.parking.park(request, Date.now());
    this.#ringWhenDue();
    return outcome;
  }

  async peekParked(sessionId: string, hash: string): Promise<Unparked<ArrayBuffer>> {
    if (!this.#store.exists || !this.#isLive(sessionId)) return "unknown";
    return this.#store.parking.peek(sessionId, hash, Date.now());
  }

  async takeParked(sessionId: string, hash: string): Promise<Unparked<Pick<ParkedRequest, "head" | "body">>> {
    if (!this.#store.exists || !this.#isLive(sessionId)) return "unknown";
    return this.#store.parking.take(sessionId, hash, Date.now());
  }

  #isLive(id: string): boolean {
    return this.#run({ type: "expire" }, this.#store.byId(id)).state.live.has(id);
  }

  async end(filter: SessionFilter, reason: SessionEndReason): Promise<{ ended: string[] }> {
    if (!this.#store.exists) return { ended: [] };
    const { ended } = this.#run({ type: "end", filter, reason }, this.#store.forFilter(filter));
    return { ended };
  }

  async list(filter: SessionFilter): Promise<Session[]> {
    if (!this.#store.exists) return [];
    const { state } = this.#run({ type: "expire" }, this.#store.forFilter(filter));
    return [...state.live.values()].map(({ session }) => session);
  }

  async find(ids: readonly string[]): Promise<Session[]> {
    return (await Promise.all(ids.map((id) => this.list({ by: "session", id })))).flat();
  }

  async keepAlive(id: string): Promise<number | null> {
    if (!this.#store.exists) return null;
    const { state } = this.#run({ type: "touch", id }, this.#store.byId(id));
    return state.live.get(id)?.idleMs ?? null;
  }

  async refresh(news: News): Promise<Heard> {
    const subjects = [
      ...news.principals.map(({ userId }) => userId),
      ...(news.devices ?? []).map(({ id }) => id),
    ];
    if (!this.#store.exists) return { absent: subjects, isIdle: true };
    this.#learn(news);
    return {
      absent: subjects.filter((one) => !this.#vouching.isExpected(one) && !this.#store.hasLiveOf(one)),
      isIdle: this.#vouching.expectsNobody() && !this.#store.hasLive(),
    };
  }

  /** Opens a kill line. See `SegmentSessionsRpc`. */
  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const id = searchParams.get("session") ?? "";
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    if (!this.#store.exists) return new Response(null, { status: 404 });
    if (!(await this.#vouching.isCurrent())) return new Response(null, { status: 503 });
    const { state } = this.#run({ type: "expire" }, this.#store.byId(id));
    const session = state.live.get(id)?.session;
    const tombstone = state.ended.get(id);
    if (tombstone) return this.#lines.open(id, endMessage(tombstone.reason, Date.now()));
    if (!session) return new Response(null, { status: 404 });
    this.#linesDueAt ??= this.#vouching.nextProof();
    this.#ringWhenDue();
    if (knowsNewest(searchParams, state.epoch, session)) return this.#lines.open(id, null);
    return this.#lines.open(id, { type: "recheck", epoch: state.epoch, session, at: Date.now() });
  }

  override webSocketMessage(line: WebSocket, message: string | ArrayBuffer): void {
    if (message !== KILL_LINE_TOUCH) return;
    const id = this.#lines.sessionOf(line);
    this.#run({ type: "touch", id }, this.#store.byId(id));
  }

  override webSocketClose(line: WebSocket): void {
    line.close();
  }

  override async alarm(): Promise<void> {
    await onAlarm(this.ctx.storage, async () => {
      const { state } = this.#run({ type: "expire" }, this.#store.due(Date.now()));
      this.#store.rescheduleSeen(state);
      this.#store.purge(Date.now());
      await Promise.all([this.#proveFreshToLines(), this.#notices.deliverDue(Date.now())]);
      this.#ringWhenDue();
    });
  }

  /**
   * Cuts every line when this object can't vouch for itself. Otherwise its automatic answers to pings would look like
   * news.
   */
  async #proveFreshToLines(): Promise<void> {
    if (this.#linesDueAt === null) return;
    if (!(await this.#vouching.isCurrent())) this.#lines.cutAll();
    this.#linesDueAt = this.#lines.areOpen() ? this.#vouching.nextProof() : null;
  }

  /** Runs a command that can't be refused. */
  #run(command: Exclude<SessionCommand, { type: "create" }>, state: SessionsState): Done {
    const done = this.#tryRun(command, state);
    if (!done.ok) throw new Error(`session command refused: ${done.error}`);
    return done.value;
  }

  /** Decides, writes the events in one transaction, and then performs the effects. */
  #tryRun(command: SessionCommand, state: SessionsState): Result<Done, SessionRefusal> {
    const now = Date.now();
    const decision = decide(state, command, now);
    if (!decision.ok) return decision;
    const { events, effects } = decision.value;
    if (events.length === 0) return ok({ state, ended: [] });
    const after = applyAll(state, events);
    for (const event of events) {
      const session = event.type === "seen" ? after.live.get(event.id)?.session : undefined;
      if (session) void this.#parents.used(session, now);
    }
    if (this.#store.isOnlyRemembered(events)) return ok({ state: after, ended: [] });
    const notices = this.ctx.storage.transactionSync(() => {
      this.#store.write(events, after, now);
      return this.#notices.note(effects, now);
    });
    for (const effect of effects) this.#perform(effect);
    this.#ringWhenDue();
    if (notices.length > 0)
      this.ctx.waitUntil(this.#notices.deliver(notices).then(() => this.#ringWhenDue()));
    const ended = events.flatMap((event) => (event.type === "ended" ? [event.session.id] : []));
    return ok({ state: after, ended });
  }

  #perform(effect: SessionEffect): void {
    if (effect.type === "cut_lines") this.#lines.cut(effect.sessionId, effect.reason);
    if (effect.type === "recheck_lines") {
      const read = (id: string) => this.#store.byId(id).live.get(id)?.session ?? null;
      this.#lines.recheck(effect.sessionId, this.#store.epoch, read);
    }
  }

  async #markEnded(endings: readonly Ending[]): Promise<ReadonlySet<string>> {
    const statements = prepareAll(this.env.DB, [markEnded(endings), markedEnded(endings)]);
    const [, marked] = await this.env.DB.batch<{ id: string }>(statements);
    return new Set(marked?.results.map(({ id }) => id));
  }

  #learn({ epoch, sequence, principals, devices = [] }: News): void {
    const known = this.#store.forRefresh(principals, devices);
    this.#run({ type: "refresh", epoch, principals, devices }, known);
    this.#store.sequence = sequence;
  }

  #ringWhenDue(): void {
    ringAt(this.ctx.storage, [this.#store.nextDue(), this.#notices.nextDue(), this.#linesDueAt]);
  }

  #name(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a session object has a name");
    return name;
  }

  #coordinator(): NetworkCoordinatorRpc {
    return objectOf(this.env.NETWORK_COORDINATOR, "network");
  }
}

/** How long the session was not used until now. */
const unusedMs = ({ live }: SessionsState, now: number): number =>
  Math.min(...[...live.values()].map(({ session }) => Math.max(0, now - session.lastSeenAt)));
