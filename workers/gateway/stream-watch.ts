import {
  KILL_LINE_GRACE_MS,
  KILL_LINE_PING,
  KILL_LINE_TOUCH,
  type KillLineMessage,
  type Session,
} from "../../shared/access/sessions/types.ts";
import type { Bindings } from "../platform/env.ts";
import { coordinatorObject, sessionsObject } from "../platform/objects.ts";
import type { Caller } from "./caller.ts";

/** Why a stream was cut: the reason of the watch's `signal`. */
export class Cut extends Error {
  readonly code: 4401 | 4403 | 4408;
  readonly reason: string;

  constructor(code: 4401 | 4403 | 4408, reason: string) {
    super(`cut: ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}

/** Decides anew for an open stream; false cuts it. Rejecting cuts it too. */
export type Rejudge = (epoch: number, session: Session | null) => Promise<boolean>;

/** Milliseconds after which a response or upload that still flows is watched. Shorter ones are over before. */
const WATCH_AFTER_MS = 250;
/** The `reason` of a cut for want of an answer. */
export const UPSTREAM_TIMEOUT = "upstream_timeout";
const TOUCH_EVERY_MS = 15_000;
/** A line that is lost sooner than this is not opened again: the object can't vouch for the session. */
const REOPEN_AFTER_MS = 1_000;
const TICK_MS = 1_000;

/**
 * Watches over one open stream, and cuts it when its session ends, when a decision turns to deny, or when nobody
 * can say any more. Bytes never flow through the session object; only this line leads there.
 */
export class StreamWatch {
  /** Aborted at the cut, with the `Cut` as reason. */
  readonly signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #bindings: Bindings;
  readonly #caller: Caller;
  readonly #rejudge: Rejudge;
  #epoch: number;
  /** The session as it was last said to be; null while nothing was said. */
  #session: Session | null = null;
  #line: WebSocket | null = null;
  #heardAt = 0;
  #openedAt = 0;
  #touchedAt = 0;
  #flowedAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  #isAnswered = false;
  #isOver = false;

  constructor(bindings: Bindings, caller: Caller, epoch: number, rejudge: Rejudge) {
    this.#bindings = bindings;
    this.#caller = caller;
    this.#epoch = epoch;
    this.#rejudge = rejudge;
    this.signal = this.#abort.signal;
  }

  /**
   * Starts once the exchange has lasted a while, so that an ordinary request costs one timer and no line. When nothing
   * flows for `timeoutMs` and there are no headers of an answer, the exchange is cut as `upstream_timeout`; when the
   * client of `request` leaves, so that nobody waits for what comes, as `client_left`.
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
    if (this.#isAnswered || this.#isOver) return;
    const left = this.#flowedAt + timeoutMs - Date.now();
    if (left <= 0) this.#cut(4408, UPSTREAM_TIMEOUT);
    else this.#later = setTimeout(() => this.#awaitAnswer(timeoutMs), left);
  }

  /** Cuts when the client leaves, which is when its request's signal is aborted. */
  endWith(client: AbortSignal): void {
    const left = () => this.#cut(4408, "client_left");
    if (client.aborted) left();
    else client.addEventListener("abort", left);
  }

  /** The answer's headers came: it may now take as long as it wants. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** Opens the line. Resolves when it stands or the stream was cut. */
  async start(): Promise<void> {
    if (this.#isOver || this.#timer !== undefined) return;
    this.#heardAt = Date.now();
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    if (this.#caller.kind === "user") await this.#openLine(true);
  }

  /** Real traffic flowed: keeps the session from idling out. */
  touch(): void {
    const now = Date.now();
    this.#flowedAt = now;
    if (this.#line === null || now - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = now;
    this.#line.send(KILL_LINE_TOUCH);
  }

  /** The stream ended by itself. */
  close(): void {
    this.#isOver = true;
    if (this.#later !== undefined) clearTimeout(this.#later);
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#line?.close(1000, "done");
    this.#line = null;
  }

  #cut(code: Cut["code"], reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#abort.abort(new Cut(code, reason));
  }

  async #openLine(mayRetry: boolean): Promise<void> {
    if (this.#isOver || this.#caller.kind !== "user") return;
    const { owner, session } = this.#caller;
    const { version } = (this.#session ?? session).principal;
    try {
      const answer = await sessionsObject(this.#bindings, owner).fetch(
        `https://sessions/kill-line?session=${session.id}&epoch=${this.#epoch}&version=${version}`,
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
    if (message.type === "end") this.#cut(message.closeCode, message.reason);
    else await this.#decideAnew(message.epoch, message.session);
  }

  async #decideAnew(epoch: number, session: Session | null): Promise<void> {
    this.#session = session;
    const isAllowed = await this.#rejudge(epoch, session).catch(() => false);
    if (isAllowed) this.#epoch = Math.max(this.#epoch, epoch);
    else this.#cut(4403, "denied_by_policy");
  }

  /** A lost line is opened once more; the object then says what was missed. */
  #lose(line: WebSocket): void {
    if (this.#isOver || this.#line !== line) return;
    this.#line = null;
    if (Date.now() - this.#openedAt < REOPEN_AFTER_MS) this.#cut(4401, "unavailable");
    else void this.#openLine(true);
  }

  /** Each second: is anybody still vouching, and does the decision still hold? Time alone can end an allow. */
  async #tick(): Promise<void> {
    const epoch = this.#caller.kind === "user" ? this.#vouchedEpoch() : await this.#askedEpoch();
    if (epoch === null) this.#cut(4401, "unavailable");
    else if (!this.#isOver) await this.#decideAnew(epoch, this.#session);
  }

  /** The epoch that the kill line stands for, or null when it is silent for too long. */
  #vouchedEpoch(): number | null {
    if (Date.now() - this.#heardAt > KILL_LINE_GRACE_MS) return null;
    this.#line?.send(KILL_LINE_PING);
    return this.#epoch;
  }

  /** Callers without a session are vouched for by the coordinator alone. */
  async #askedEpoch(): Promise<number | null> {
    const asked = coordinatorObject(this.#bindings).epoch();
    return asked.catch(() => null);
  }
}
