import { DurableObject } from "cloudflare:workers";
import type { ProvenDevice } from "../shared/access/device/device.ts";
import type { Seen } from "../shared/access/risk/whereabouts.ts";
import {
  decide,
  type SessionCommand,
  type SessionRefusal,
  verdictOf,
} from "../shared/access/sessions/decide.ts";
import type { SessionEffect } from "../shared/access/sessions/effects.ts";
import { CONFIRM_AFTER_MS, freshness, STALE_AFTER_MS } from "../shared/access/sessions/freshness.ts";
import type { ParkedRequest, ParkOutcome, Unparked } from "../shared/access/sessions/parked.ts";
import { apply, type SessionsState } from "../shared/access/sessions/state.ts";
import {
  type CreateOutcome,
  type CreateSession,
  type Heard,
  KILL_LINE_TOUCH,
  type NetworkCoordinatorRpc,
  type News,
  type RaiseSession,
  type SegmentSessionsRpc,
  type Session,
  type SessionEndReason,
  type SessionFilter,
  type Verdict,
} from "../shared/access/sessions/types.ts";
import { settleAll } from "../shared/base/async/pool.ts";
import { singleFlight } from "../shared/base/async/single-flight.ts";
import { within } from "../shared/base/async/within.ts";
import { objectOf } from "../shared/base/objects.ts";
import { ok, type Result } from "../shared/base/result.ts";
import type { ObjectBindings } from "../shared/bindings.ts";
import { endMessage, KillLines } from "./sessions/kill-lines.ts";
import { ParentUse } from "./sessions/parent-use.ts";
import { SessionStore } from "./sessions/session-store.ts";
import { onAlarm, ringAt, ringIfSilent } from "./storage/alarm.ts";
import { type Job, Outbox } from "./storage/outbox.ts";
import { timer } from "./timer.ts";

interface Environment extends Pick<ObjectBindings, "NETWORK_COORDINATOR" | "SEGMENT_SESSIONS"> {
  readonly DB: D1Database;
}

/** A message that other objects or the registry must get after a session ended. */
type Notice =
  | {
      readonly type: "mark_ended";
      readonly sessionId: string;
      readonly reason: SessionEndReason;
      readonly at: number;
    }
  | { readonly type: "end_children"; readonly parentId: string };

/** The result of a command. */
interface Done {
  readonly state: SessionsState;
  readonly ended: string[];
}

const COORDINATOR_TIMEOUT_MS = 2_000;
/** Longer than the coordinator waits for one object, so that the coordinator's own retries count. */
const NOTICE_TIMEOUT_MS = 5_000;
/**
 * The number of notices that one alarm sends. So no alarm lasts longer than one time-out, which matters since open
 * lines wait for the next alarm.
 */
const NOTICES_AT_ONCE = 32;
const MARK_ATTEMPTS = 3;

/**
 * The one writer of the sessions of a segment, region and shard. `docs/consistency-and-failure.md` says what it
 * promises.
 */
export class SegmentSessions extends DurableObject<Environment> implements SegmentSessionsRpc {
  readonly #store: SessionStore;
  readonly #lines: KillLines;
  readonly #outbox: Outbox<Notice>;
  readonly #parents = new ParentUse();
  #confirmedAt: number | null = null;
  readonly #confirmTogether = singleFlight(() => this.#confirm());
  /**
   * The users and devices for which a session is being made, with the number of such sessions. They count as if they had a
   * session.
   */
  readonly #expected = new Map<string, number>();
  /** When this object must prove its freshness because of open lines. Null while there are no lines. */
  #linesDueAt: number | null;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    this.#store = new SessionStore(ctx.storage.sql);
    this.#lines = new KillLines(ctx);
    this.#outbox = new Outbox(ctx.storage.sql);
    this.#linesDueAt = this.#lines.areOpen() ? this.#nextProof() : null;
    if (this.#store.exists) ringIfSilent(ctx, () => this.#ringWhenDue());
  }

  async create(input: CreateSession): Promise<CreateOutcome> {
    this.#store.found();
    const subjects = [input.principal.userId, ...(input.device ? [input.device.device.id] : [])];
    return this.#toldOf(subjects, { ok: false, reason: "stale" }, () => this.#make(input));
  }

  async bindDevice(id: string, proven: ProvenDevice): Promise<boolean> {
    if (!this.#store.exists) return false;
    return this.#toldOf([proven.device.id], false, () => {
      const before = this.#store.forBinding(id, proven.device);
      return this.#run({ type: "bind_device", id, proven }, before).state.live.has(id);
    });
  }

  /**
   * Does something that makes a session rest on users or devices.
   * @param otherwise The answer when this object can't be sure to hear of all changes of them.
   */
  async #toldOf<T>(subjects: readonly string[], otherwise: T, work: () => T): Promise<T> {
    for (const one of subjects) this.#expected.set(one, (this.#expected.get(one) ?? 0) + 1);
    try {
      for (const one of subjects) if (!(await this.#isToldOf(one))) return otherwise;
      return work();
    } finally {
      for (const one of subjects) {
        const others = (this.#expected.get(one) ?? 1) - 1;
        if (others > 0) this.#expected.set(one, others);
        else this.#expected.delete(one);
      }
    }
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
    if (!this.#isFresh()) {
      if (!(await this.#isCurrent())) return { ok: false, reason: "stale", epoch: this.#store.epoch };
      known = this.#store.bySecret(secretHash);
    }
    const command = { type: "verify", secretHash, appId, touch, ...(seen ? { seen } : {}) } as const;
    const { state } = this.#run(command, known);
    const verdict = verdictOf(state, secretHash, appId);
    return verdict.ok ? { ...verdict, unusedMs: unusedMs(known, Date.now()) } : verdict;
  }

  async raise(input: RaiseSession): Promise<Session | null> {
    if (!this.#store.exists || !(await this.#isCurrent())) return null;
    const { state } = this.#run({ type: "raise", input }, this.#store.byId(input.id));
    const live = state.live.get(input.id);
    return live?.secretHash === input.secretHash ? live.session : null;
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
      absent: subjects.filter((one) => !this.#expected.has(one) && !this.#store.hasLiveOf(one)),
      isIdle: this.#expected.size === 0 && !this.#store.hasLive(),
    };
  }

  /** Opens a kill line. See `SegmentSessionsRpc`. */
  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const id = searchParams.get("session") ?? "";
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    if (!this.#store.exists) return new Response(null, { status: 404 });
    if (!(await this.#isCurrent())) return new Response(null, { status: 503 });
    const { state } = this.#run({ type: "expire" }, this.#store.byId(id));
    const session = state.live.get(id)?.session;
    const tombstone = state.ended.get(id);
    if (tombstone) return this.#lines.open(id, endMessage(tombstone.reason, Date.now()));
    if (!session) return new Response(null, { status: 404 });
    const isCurrent =
      Number(searchParams.get("epoch") ?? -1) >= state.epoch &&
      Number(searchParams.get("version") ?? -1) >= session.principal.version &&
      Number(searchParams.get("risk") ?? 0) >= (session.risk?.version ?? 0) &&
      Number(searchParams.get("device") ?? 0) >= (session.device?.device.version ?? 0);
    this.#linesDueAt ??= this.#nextProof();
    this.#ringWhenDue();
    return this.#lines.open(
      id,
      isCurrent
        ? null
        : {
            type: "recheck",
            epoch: state.epoch,
            session,
            at: Date.now(),
          },
    );
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
      await Promise.all([
        this.#proveFreshToLines(),
        this.#deliver(this.#outbox.due(Date.now(), NOTICES_AT_ONCE)),
      ]);
      this.#ringWhenDue();
    });
  }

  /**
   * Cuts every line when this object can't vouch for itself. Otherwise its automatic answers to pings would look like
   * news.
   */
  async #proveFreshToLines(): Promise<void> {
    if (this.#linesDueAt === null) return;
    if (!(await this.#isCurrent())) this.#lines.cutAll();
    this.#linesDueAt = this.#lines.areOpen() ? this.#nextProof() : null;
  }

  /**
   * When open lines need the next proof of freshness. It is soon, and never later than the moment when this object
   * turns stale.
   */
  #nextProof(): number {
    return Math.min(Date.now() + CONFIRM_AFTER_MS, (this.#confirmedAt ?? 0) + STALE_AFTER_MS + 1);
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
    const after = events.reduce(apply, state);
    for (const event of events) {
      if (event.type === "seen") this.#keepParentAlive(after.live.get(event.id)?.session, now);
    }
    if (this.#store.isOnlyRemembered(events)) return ok({ state: after, ended: [] });
    const notices = this.ctx.storage.transactionSync(() => {
      this.#store.write(events, after, now);
      return effects.flatMap((effect) => this.#note(effect, now));
    });
    for (const effect of effects) this.#perform(effect);
    this.#ringWhenDue();
    if (notices.length > 0) this.ctx.waitUntil(this.#deliver(notices));
    const ended = events.flatMap((event) => (event.type === "ended" ? [event.session.id] : []));
    return ok({ state: after, ended });
  }

  /**
   * Tells the sign-in session that its app session is in use, so that the sign-in session does not idle out meanwhile.
   */
  #keepParentAlive(session: Session | undefined, now: number): void {
    const { parentId, parentOwner } = session ?? {};
    if (!parentId || !parentOwner || !this.#parents.isDue(parentId, now)) return;
    const parent = objectOf(this.env.SEGMENT_SESSIONS, parentOwner);
    this.#parents.asked(parentId, now);
    const told = parent.keepAlive(parentId).then((idleMs) => this.#parents.told(parentId, now, idleMs));
    // If this message is lost, the next use of the app sends another one.
    this.ctx.waitUntil(told.catch(() => undefined));
  }

  #note(effect: SessionEffect, now: number): Job<Notice>[] {
    if (effect.type === "mark_ended") return [this.#outbox.put(`ended:${effect.sessionId}`, effect, now)];
    if (effect.type === "end_children") return [this.#outbox.put(`children:${effect.parentId}`, effect, now)];
    return [];
  }

  #perform(effect: SessionEffect): void {
    if (effect.type === "cut_lines") this.#lines.cut(effect.sessionId, effect.reason);
    if (effect.type === "recheck_lines") {
      const read = (id: string) => this.#store.byId(id).live.get(id)?.session ?? null;
      this.#lines.recheck(effect.sessionId, this.#store.epoch, read);
    }
  }

  async #deliver(jobs: readonly Job<Notice>[]): Promise<void> {
    await settleAll(jobs, NOTICES_AT_ONCE, (job) =>
      within(timer, NOTICE_TIMEOUT_MS, this.#send(job)).then(
        () => this.#outbox.settle(job),
        () => this.#outbox.postpone(job, Date.now()),
      ),
    );
    this.#ringWhenDue();
  }

  async #send({ payload: notice, attempts }: Job<Notice>): Promise<void> {
    if (notice.type === "end_children") {
      await this.#coordinator().endEverywhere(null, { by: "parent", id: notice.parentId }, "parent_ended");
      return;
    }
    const update = "UPDATE sessions_index SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL";
    const { meta } = await this.env.DB.prepare(update).bind(notice.at, notice.reason, notice.sessionId).run();
    // The row of a session that ended at once may not have been inserted yet.
    if (meta.changes === 0 && attempts < MARK_ATTEMPTS) throw new Error("there is no row to mark yet");
  }

  /** Whether this object may vouch for its epoch without asking the coordinator. */
  #isFresh(): boolean {
    return freshness(this.#confirmedAt, Date.now()) === "fresh";
  }

  /** Whether this object may vouch for its epoch now. It asks the coordinator if necessary. */
  async #isCurrent(): Promise<boolean> {
    if (this.#isFresh()) return true;
    await this.#confirmTogether().catch(() => undefined);
    return freshness(this.#confirmedAt, Date.now()) !== "stale";
  }

  /** Whether this object knows every change of this user or device until now, and will hear of every later one. */
  async #isToldOf(subject: string): Promise<boolean> {
    if (this.#store.hasLiveOf(subject)) return this.#isCurrent();
    return this.#confirm(subject).then(
      () => true,
      () => false,
    );
  }

  /**
   * Learns every change until now, with as many questions as that takes. With a subject, it subscribes to it first.
   */
  async #confirm(subject?: string): Promise<void> {
    const owner = this.ctx.id.name;
    if (owner === undefined) throw new Error("a session object has a name");
    const askedAt = Date.now();
    for (let more = true; more; ) {
      const asked = this.#coordinator().join(owner, this.#store.sequence, subject);
      const answer = await within(timer, COORDINATOR_TIMEOUT_MS, asked);
      this.#learn(answer);
      more = answer.more;
    }
    this.#confirmedAt = Math.max(this.#confirmedAt ?? 0, askedAt);
  }

  #learn({ epoch, sequence, principals, devices = [] }: News): void {
    const known = this.#store.forRefresh(principals, devices);
    this.#run({ type: "refresh", epoch, principals, devices }, known);
    this.#store.sequence = sequence;
  }

  #ringWhenDue(): void {
    ringAt(this.ctx.storage, [this.#store.nextDue(), this.#outbox.nextDue(), this.#linesDueAt]);
  }

  #coordinator(): NetworkCoordinatorRpc {
    return objectOf(this.env.NETWORK_COORDINATOR, "network");
  }
}

/** How long the session was not used until now. */
const unusedMs = ({ live }: SessionsState, now: number): number =>
  Math.min(...[...live.values()].map(({ session }) => Math.max(0, now - session.lastSeenAt)));
