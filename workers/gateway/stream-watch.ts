import {
  KILL_LINE_GRACE_MS,
  KILL_LINE_PING,
  KILL_LINE_TOUCH,
  type KillLineMessage,
} from "../../shared/access/sessions/kill-line.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { BrokenOff } from "../../shared/base/errors/broken-off.ts";
import type { Bindings } from "../platform/env.ts";
import { coordinatorObject, sessionsObject } from "../platform/objects.ts";
import type { Caller } from "./caller.ts";
import { Flow } from "./flow.ts";
import { Hold } from "./hold.ts";

/** Why a stream was cut. The watch's `signal` holds this as its reason. */
export class Cut extends BrokenOff {
  readonly code: 4401 | 4403 | 4408;
  readonly reason: string;

  constructor(code: 4401 | 4403 | 4408, reason: string) {
    super(`cut: ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}

/** What an open stream may do after a new decision. */
export type Judgement =
  | {
      readonly goesOn: true;
      /** Nothing from the client may reach the application any more. */
      readonly isReadOnly: boolean;
      /** The session, if somebody asked for it anew. */
      readonly session?: Session;
      /** When this decision must be made again, in milliseconds, although nothing is heard until then. */
      readonly until?: number | null;
    }
  | {
      readonly goesOn: false;
      readonly code: Cut["code"];
      readonly reason: string;
      /** The person can lift it by showing anew who they are. Until then the stream is held, and not cut. */
      readonly isPause?: boolean;
    };

export const GOES_ON: Judgement = { goesOn: true, isReadOnly: false };
export const DENIED: Judgement = { goesOn: false, code: 4403, reason: "denied_by_policy" };

/**
 * Decides again for an open stream. The stream is cut when the promise rejects.
 * @param flowedAt When (milliseconds) something flowed for the last time.
 */
export type Rejudge = (epoch: number, session: Session | null, flowedAt: number) => Promise<Judgement>;

/** What a stream that was cut tells of its end. Times in milliseconds. */
export interface CutReport {
  readonly reason: string;
  /** When the session's object learnt of the cause, or when the cause came about here. */
  readonly triggeredAt: number;
  readonly cutAt: number;
  /** The most bytes that passed after the trigger, in both directions. */
  readonly bytesAfter: number;
}

/** What a stream that is held tells of it. Times in milliseconds. */
export interface HoldReport {
  readonly reason: string;
  readonly triggeredAt: number;
  readonly heldAt: number;
  /** The most bytes that passed after the trigger, in both directions. */
  readonly bytesAfter: number;
}

/** Whom a watch tells of what befalls its stream. */
export interface Witness {
  /** The stream is held, since its session is paused. */
  readonly held?: (report: HoldReport, watch: StreamWatch) => void;
  /** The stream is held no longer, and goes on. */
  readonly resumed?: (
    report: { readonly heldAt: number; readonly resumedAt: number },
    watch: StreamWatch,
  ) => void;
  /** The stream was cut because it may not go on. */
  readonly cut?: (report: CutReport, watch: StreamWatch) => void;
  /** The stream is over, for whatever reason. Called once. */
  readonly over?: (watch: StreamWatch) => void;
}

type WatchStart = Pick<StreamWatch, "isReadOnly" | "countsAll"> & { readonly until: number | null };

/** Ends that nobody decided on. */
const OF_ITSELF = new Set(["client_left", "upstream_timeout"]);

/**
 * After this time (milliseconds), a response or an upload that still flows is watched. Shorter exchanges end before.
 */
const WATCH_AFTER_MS = 250;
/** The `reason` of a cut because no answer came. */
export const UPSTREAM_TIMEOUT = "upstream_timeout";
const TOUCH_EVERY_MS = 15_000;
/**
 * A line that is lost sooner than this (milliseconds) is not opened again, because the object can't vouch for the
 * session.
 */
const REOPEN_AFTER_MS = 1_000;
const TICK_MS = 1_000;
/** A timer for one moment is set when it is as near as this (milliseconds). */
const SOON_MS = 3_000;

/**
 * Watches one open stream. Cuts the stream when its session ends, when the decision changes to deny, or when nobody can
 * vouch for the session or the decision any more. Holds it while its session is paused. The stream's bytes never flow through the session object: only the
 * kill line leads to that object.
 */
export class StreamWatch {
  /** Aborted when the stream is cut. Its reason is the `Cut`. */
  readonly signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #bindings: Bindings;
  readonly #caller: Caller;
  readonly #rejudge: Rejudge;
  readonly #witness: Witness;
  readonly flow = new Flow();
  /** Whatever carries data of the stream asks here first. */
  readonly hold: Hold;
  /** Whether the stream can't be stopped and go on later. It is cut when its session is paused. */
  isUnstoppable = false;
  /** Whether data from the client must not reach the application. */
  isReadOnly: boolean;
  /** Whether every byte is counted, also of short bodies. */
  readonly countsAll: boolean;
  #epoch: number;
  /** The session as the object last described it. Null until the object described it. */
  #session: Session | null = null;
  #line: WebSocket | null = null;
  #heardAt = 0;
  #openedAt = 0;
  #touchedAt = 0;
  #flowedAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  /** When the newest decision must be made again, and the timer for it. */
  #until: number | null;
  #due: ReturnType<typeof setTimeout> | undefined;
  /** The upstream's answer, as soon as its headers came. */
  answer: { readonly status: number; readonly headers: Headers; readonly at: number } | null = null;
  #isOver = false;

  constructor(
    bindings: Bindings,
    caller: Caller,
    epoch: number,
    rejudge: Rejudge,
    { isReadOnly = false, countsAll = false, until = null, ...witness }: Witness & Partial<WatchStart> = {},
  ) {
    this.#bindings = bindings;
    this.#caller = caller;
    this.#epoch = epoch;
    this.#rejudge = rejudge;
    this.#witness = witness;
    this.isReadOnly = isReadOnly;
    this.countsAll = countsAll;
    this.#until = until;
    this.signal = this.#abort.signal;
    const holder = caller.kind === "user" ? caller.session.id : "";
    this.hold = new Hold(holder, (why) => this.#cut(4408, why));
  }

  /**
   * Starts the watch when the exchange has lasted a while. So an ordinary request costs one timer and no line. The
   * exchange is cut as `upstream_timeout` when nothing flows for `timeoutMs` and the answer's headers have not come.
   * The exchange is cut as `client_left` when the client of `request` leaves, because then nobody waits for the answer.
   */
  startLater(timeoutMs: number, request: Request): void {
    this.#flowedAt = Date.now();
    this.#later = setTimeout(
      () => {
        this.endWith(request.signal);
        void this.start();
        this.#awaitAnswer(timeoutMs);
      },
      Math.min(WATCH_AFTER_MS, timeoutMs),
    );
  }

  #awaitAnswer(timeoutMs: number): void {
    if (this.answer !== null || this.#isOver) return;
    const now = Date.now();
    // The upstream is not to blame for the time in which nothing could pass.
    const left =
      this.hold.since === null ? this.#flowedAt + timeoutMs + this.hold.heldMs(now) - now : timeoutMs;
    if (left <= 0) this.#cut(4408, UPSTREAM_TIMEOUT);
    else this.#later = setTimeout(() => this.#awaitAnswer(timeoutMs), left);
  }

  /** Cuts the stream when the client leaves. The request's signal is aborted in that moment. */
  endWith(client: AbortSignal): void {
    const left = () => this.#cut(4408, "client_left");
    if (client.aborted) left();
    else client.addEventListener("abort", left);
  }

  /** The answer's headers came. From now on, the answer may take as long as it needs. */
  answered({ status, headers }: Response): void {
    this.answer = { status, headers, at: Date.now() };
  }

  /**
   * Starts the checks of each second and, for a user, opens the kill line. Resolves when the line is open or the stream
   * was cut.
   */
  async start(): Promise<void> {
    if (this.#isOver || this.#timer !== undefined) return;
    this.#heardAt = Date.now();
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#decideAt(this.#until);
    if (this.#caller.kind === "user") await this.#openLine(true);
  }

  /** Real traffic flowed. Keeps the session from idling out. @param bytes How much, from (`up`) or to the client. */
  touch(direction: "up" | "down", bytes: number): void {
    const now = Date.now();
    this.flow.note(direction, bytes, now);
    this.#flowedAt = now;
    if (this.#line === null || now - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = now;
    this.#line.send(KILL_LINE_TOUCH);
  }

  /** The stream ended by itself. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#witness.over?.(this);
    if (this.#later !== undefined) clearTimeout(this.#later);
    if (this.#timer !== undefined) clearInterval(this.#timer);
    if (this.#due !== undefined) clearTimeout(this.#due);
    this.#line?.close(1000, "done");
    this.#line = null;
    this.hold.drop(new Error("the stream is over"));
  }

  /** Waits while the stream is held. Whether it may go on then. */
  mayPass(): boolean | Promise<boolean> {
    if (this.hold.since === null) return !this.signal.aborted;
    return this.hold.passed().then(
      () => !this.signal.aborted,
      () => false,
    );
  }

  /** @param triggeredAt When (milliseconds) the cause came about. */
  #cut(code: Cut["code"], reason: string, triggeredAt = Date.now()): void {
    if (this.#isOver) return;
    const cutAt = Date.now();
    const bytesAfter = this.flow.since(triggeredAt);
    if (!OF_ITSELF.has(reason)) this.#witness.cut?.({ reason, triggeredAt, cutAt, bytesAfter }, this);
    const cut = new Cut(code, reason);
    this.hold.break(cut);
    this.close();
    this.#abort.abort(cut);
  }

  async #openLine(mayRetry: boolean): Promise<void> {
    if (this.#isOver || this.#caller.kind !== "user") return;
    const { owner, session } = this.#caller;
    const { principal, risk, device } = this.#session ?? session;
    const versions = `version=${principal.version}&risk=${risk?.version ?? 0}&device=${device?.device.version ?? 0}`;
    const known = `epoch=${this.#epoch}&${versions}`;
    try {
      const answer = await sessionsObject(this.#bindings, owner).fetch(
        `https://sessions/kill-line?session=${session.id}&${known}`,
        { headers: { upgrade: "websocket" } },
      );
      const line = answer.webSocket;
      if (!line) throw new Error(`no kill line: ${answer.status}`);
      line.accept();
      if (this.#isOver) return line.close(1000, "done");
      this.#line = line;
      this.#openedAt = Date.now();
      this.#heardAt = this.#openedAt;
      line.addEventListener("message", ({ data }) => void this.#hear(String(data)));
      line.addEventListener("close", () => this.#lose(line));
      line.addEventListener("error", () => this.#lose(line));
    } catch {
      if (mayRetry) await this.#openLine(false);
      else this.#cut(4401, "unavailable");
    }
  }

  async #hear(text: string): Promise<void> {
    this.#heardAt = Date.now();
    if (!text.startsWith("{")) return;
    const message = JSON.parse(text) as KillLineMessage;
    if (message.type === "end") this.#cut(message.closeCode, message.reason, message.at);
    else await this.#decideAnew(message.epoch, message.session, message.at);
  }

  async #decideAnew(epoch: number, session: Session | null, causedAt: number): Promise<void> {
    this.#session = session;
    const judged = await this.#rejudge(epoch, session, this.#flowedAt).catch(() => DENIED);
    if (!judged.goesOn && !judged.isPause) return this.#cut(judged.code, judged.reason, causedAt);
    // A newer description of the session may have come while this decision was made.
    if (this.#session !== session) return;
    if (!judged.goesOn) return this.#pause(judged.code, judged.reason, causedAt);
    this.#resume();
    this.isReadOnly = judged.isReadOnly;
    this.#session = judged.session ?? session;
    this.#epoch = Math.max(this.#epoch, epoch);
    this.#decideAt(judged.until ?? null);
  }

  /** Holds the stream until a later decision lets it go on. Cuts it if it can't be held. */
  #pause(code: Cut["code"], reason: string, triggeredAt: number): void {
    if (this.#isOver || this.hold.since !== null) return;
    const heldAt = Date.now();
    const bytesAfter = this.flow.since(triggeredAt);
    if (this.isUnstoppable || !this.hold.begin(heldAt)) this.#cut(code, reason, triggeredAt);
    else this.#witness.held?.({ reason, triggeredAt, heldAt, bytesAfter }, this);
  }

  #resume(): void {
    const heldAt = this.hold.since;
    if (heldAt === null) return;
    const resumedAt = Date.now();
    this.#witness.resumed?.({ heldAt, resumedAt }, this);
    this.hold.resume(resumedAt);
  }

  /** Decides again at a moment that is known before, such as the end of a grant. */
  #decideAt(until: number | null): void {
    if (this.#isOver || (until === this.#until && this.#due !== undefined)) return;
    if (this.#due !== undefined) clearTimeout(this.#due);
    this.#until = until;
    // A later moment is set again by the checks of each second.
    const left = until === null ? null : Math.max(0, until - Date.now());
    this.#due =
      left === null || left > SOON_MS
        ? undefined
        : setTimeout(() => void this.#decideAnew(this.#epoch, this.#session, until ?? Date.now()), left);
  }

  /** Opens a lost line again. The session object then says what this watch missed. */
  #lose(line: WebSocket): void {
    if (this.#isOver || this.#line !== line) return;
    this.#line = null;
    if (Date.now() - this.#openedAt < REOPEN_AFTER_MS) this.#cut(4401, "unavailable");
    else void this.#openLine(true);
  }

  /**
   * Runs each second. Checks whether somebody still vouches for the caller, and whether the decision still holds: the
   * passing of time alone can end an allow.
   */
  async #tick(): Promise<void> {
    const epoch = this.#caller.kind === "user" ? this.#vouchedEpoch() : await this.#askedEpoch();
    if (epoch === null) this.#cut(4401, "unavailable");
    else if (!this.#isOver) await this.#decideAnew(epoch, this.#session, Date.now());
  }

  /** The epoch for which the kill line vouches. Null when the line was silent for too long. */
  #vouchedEpoch(): number | null {
    if (Date.now() - this.#heardAt > KILL_LINE_GRACE_MS) return null;
    this.#line?.send(KILL_LINE_PING);
    return this.#epoch;
  }

  /** For a caller without a session, only the coordinator vouches. */
  async #askedEpoch(): Promise<number | null> {
    const asked = coordinatorObject(this.#bindings).epoch();
    return asked.catch(() => null);
  }
}
