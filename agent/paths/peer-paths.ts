import type { MoveReason, PathState } from "../../shared/node/protocol/types.ts";
import { lossOf, type Meter, measured, NEW_METER, unanswered } from "../../shared/paths/meter.ts";
import {
  answered,
  decide,
  isFailed,
  type PathWatch,
  rearmed,
  using,
  watchPaths,
} from "../../shared/paths/path-watch.ts";
import type { Candidate } from "./candidates.ts";

/** A question that was not answered for so long is lost: ms. */
const LATE_MS = 1_000;
/** How long a peer is looked at closely after traffic, and after a probe that was not answered: ms. */
const AFTER_TRAFFIC_MS = 60_000;
const IN_DOUBT_MS = 8_000;
/** How often a peer without traffic is probed: ms. */
const IDLE_EVERY_MS = 60_000;
/** So many questions in a row must be lost before a peer without traffic counts as silent. */
const SILENT_AFTER = 3;
/** A sign of life that is not older than this is a new one: ms. */
const RECENT_MS = 1_500;
/** What a relay answered for a spare leg says something for so long: ms. */
const HALF_FRESH_MS = 10_000;

/** What a node measured of one path. Times are of the caller's clock. */
export interface Measured extends Candidate {
  readonly inUse: boolean;
  readonly state: PathState;
  readonly rttMs: number | null;
  readonly jitterMs: number | null;
  readonly loss: number | null;
  readonly measuredAt: number | null;
  /** The round trip to the relay alone. Null where none is known. */
  readonly halfMs: number | null;
}

/** The peer is to be sent to by another path from now on. */
export interface Move {
  readonly from: string | null;
  readonly to: Candidate;
  readonly why: MoveReason;
  readonly at: number;
}

/**
 * The paths to one peer: when it is to be asked, what its answers say, and which path is taken. It has no clock of its own.
 * A peer that never answered is not judged: its agent may be too old for probes.
 */
export class PeerPaths {
  #candidates: readonly Candidate[] = [];
  #watch: PathWatch;
  #meters = new Map<string, Meter>();
  /** Of the halves between this node and relays. */
  #halves = new Map<string, Meter>();
  readonly #asked = new Map<string, { readonly endpoint: string; readonly at: number }>();
  #closeUntil: number;
  #nextIdleAt: number;
  #answeredAt: number | null = null;
  /** When the peer last asked, and when its bytes last grew. */
  #heardAskingAt = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** The tunnel works, and nobody answers probes at its other end. */
  #isMute = false;
  #told = "";
  /** Whether something was measured that the hub does not know. */
  isFresh = false;

  constructor(now: number) {
    this.#watch = watchPaths(0, now);
    this.#closeUntil = now;
    this.#nextIdleAt = now;
  }

  get current(): Candidate | null {
    return this.#candidates[this.#watch.inUse] ?? null;
  }

  /** Whether which paths there are, which is in use and whether it works is other than the hub was told. */
  isNews(now: number): boolean {
    return this.standing(now) !== this.#told;
  }

  /** The hub knows what `measured` said when `standing` was this. */
  told(standing: string): void {
    this.#told = standing;
    this.isFresh = false;
  }

  /**
   * Learns which paths there are, and by which one WireGuard sends.
   * @returns The move that WireGuard made by itself, after packets of the peer, or null.
   */
  learn(candidates: readonly Candidate[], endpoint: string | null, now: number): Move | null {
    const before = this.current;
    const isSame = JSON.stringify(candidates) === JSON.stringify(this.#candidates);
    if (isSame && (this.#watch.trial !== null || endpoint === before?.endpoint)) return null;
    const at = candidates.findIndex((candidate) => candidate.endpoint === (endpoint ?? before?.endpoint));
    if (!isSame) {
      this.#candidates = candidates;
      const direct = candidates.filter(({ kind }) => kind === "direct").length;
      this.#watch = watchPaths(
        candidates.length,
        now,
        candidates.map(() => false),
        direct,
      );
      const known = new Set(candidates.map((candidate) => candidate.endpoint));
      const stays = ([place]: [string, Meter]) => known.has(place);
      this.#meters = new Map([...this.#meters].filter(stays));
      this.#halves = new Map([...this.#halves].filter(stays));
    }
    this.#watch = using(this.#watch, Math.max(0, at), now);
    const to = this.current;
    if (!before || !to || to.endpoint === before.endpoint || endpoint === null) return null;
    return { from: before.endpoint, to, why: "followed", at: now };
  }

  /** Traffic of the pair was seen. */
  carries(now: number): void {
    this.#lookClosely(AFTER_TRAFFIC_MS, now);
  }

  /** Bytes came from the peer. */
  hears(now: number): void {
    this.#heardAt = now;
  }

  /** The peer asked. */
  isAsked(now: number): void {
    this.#heardAskingAt = now;
  }

  isClose(now: number): boolean {
    return now < this.#closeUntil || this.#watch.trial !== null;
  }

  isDue(now: number): boolean {
    return (this.isClose(now) && !this.#isMute) || now >= this.#nextIdleAt;
  }

  /** Whether the peer is late, so that it is worth knowing whether anything comes from it. */
  isLate(now: number): boolean {
    return this.isClose(now) && this.#answeredAt !== null && now - this.#answeredAt > LATE_MS;
  }

  asks(id: string, now: number): void {
    this.#nextIdleAt = now + IDLE_EVERY_MS;
    const { current } = this;
    if (current) this.#asked.set(id, { endpoint: current.endpoint, at: now });
  }

  isAnswered(id: string, now: number): void {
    const question = this.#asked.get(id);
    if (!question || !this.#asked.delete(id)) return;
    this.#note(question.endpoint, (meter) => measured(meter, now - question.at, now));
    this.#answeredAt = now;
    this.#isMute = false;
    if (question.endpoint !== this.current?.endpoint) return;
    this.#watch = answered(this.#watch, this.#watch.inUse, now);
  }

  /** The legs that are not in use, while they are worth probing: while the pair has traffic, or is in doubt. */
  spares(now: number): readonly Required<Candidate>[] {
    if (!this.isClose(now)) return [];
    const { current } = this;
    return this.#candidates.flatMap((candidate) => {
      const { by } = candidate;
      return by && candidate.endpoint !== current?.endpoint ? { ...candidate, by } : [];
    });
  }

  /** The relay of a spare leg answered, or with null did not in time. */
  halfAnswers(endpoint: string, rttMs: number | null, now: number): void {
    if (!this.#candidates.some((candidate) => candidate.endpoint === endpoint)) return;
    const meter = this.#halves.get(endpoint) ?? NEW_METER;
    this.#halves.set(endpoint, rttMs === null ? unanswered(meter) : measured(meter, rttMs, now));
    this.isFresh = true;
  }

  /** Judges what was not answered in time. @returns The move that follows, or null. */
  look(now: number): Move | null {
    for (const [id, question] of this.#asked) {
      if (now - question.at < LATE_MS) continue;
      this.#asked.delete(id);
      this.#note(question.endpoint, unanswered);
      if (this.#answeredAt !== null && !this.#isMute && !this.#isSilent(now))
        this.#lookClosely(IN_DOUBT_MS, now);
    }
    if (this.#answeredAt === null || this.#isMute || !this.isClose(now)) return null;
    if (isFailed(this.#watch, now) && this.#isFine(now)) {
      this.#isMute = true;
      return null;
    }
    const before = this.#watch;
    this.#watch = decide(before, now, (index) => this.#half(index, now) !== null);
    const { current } = this;
    if (this.#watch.inUse === before.inUse || !current) return null;
    const from = this.#candidates[before.inUse]?.endpoint ?? null;
    return { from, to: current, why: reasonOf(before, this.#watch, now), at: now };
  }

  measured(now: number): Measured[] {
    return this.#candidates.map(({ kind, endpoint, by }, index) => {
      const meter = this.#meters.get(endpoint) ?? NEW_METER;
      const inUse = index === this.#watch.inUse;
      return {
        ...{
          kind,
          endpoint,
          ...(by && { by }),
          inUse,
          state: inUse ? this.#state(now) : ("unknown" as const),
        },
        ...{ rttMs: meter.rttMs, jitterMs: meter.jitterMs, loss: lossOf(meter), measuredAt: meter.at },
        halfMs: this.#half(index, now),
      };
    });
  }

  /** The round trip of this node's half of a path, if its relay answered the last question, and of late. */
  #half(index: number, now: number): number | null {
    const meter = this.#halves.get(this.#candidates[index]?.endpoint ?? "");
    if (!meter || meter.at === null || meter.outcomes.at(-1) !== true) return null;
    return now - meter.at < HALF_FRESH_MS ? meter.rttMs : null;
  }

  #lookClosely(forMs: number, now: number): void {
    if (!this.isClose(now)) this.#watch = rearmed(this.#watch, now);
    this.#closeUntil = Math.max(this.#closeUntil, now + forMs);
  }

  /** The tunnel brings bytes of a peer that does not ask either: its agent has ended, and the path is well. */
  #isFine(now: number): boolean {
    return now - this.#heardAt < RECENT_MS && now - this.#heardAskingAt > LATE_MS * 4;
  }

  #isSilent(now: number): boolean {
    const { outcomes } = this.#meters.get(this.current?.endpoint ?? "") ?? NEW_METER;
    const last = outcomes.slice(-SILENT_AFTER);
    const isLost = last.length === SILENT_AFTER && last.every((isAnswered) => !isAnswered);
    return isLost || (this.isClose(now) && isFailed(this.#watch, now));
  }

  #state(now: number): PathState {
    if (this.#answeredAt === null || this.#isMute) return "unknown";
    if (!this.#isSilent(now)) return "well";
    return now - this.#heardAskingAt < RECENT_MS ? "one_way" : "silent";
  }

  /** Whether the peer neither answers on the path in use nor asks. */
  isSilent(now: number): boolean {
    return this.#state(now) === "silent";
  }

  /** Which paths there are, which is in use and whether it works, in one word. */
  standing(now: number): string {
    const known = this.#candidates.map(({ endpoint }) => endpoint);
    return [this.#state(now), this.current?.endpoint, ...known].join(" ");
  }

  #note(endpoint: string, change: (meter: Meter) => Meter): void {
    this.#meters.set(endpoint, change(this.#meters.get(endpoint) ?? NEW_METER));
    this.isFresh = true;
  }
}

function reasonOf(before: PathWatch, after: PathWatch, now: number): MoveReason {
  if (after.trial) return "tried";
  if (before.trial) return "in_vain";
  return isFailed(before, now) ? "failed" : "better";
}
