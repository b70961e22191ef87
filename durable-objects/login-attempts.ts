import { DurableObject } from "cloudflare:workers";
import {
  codeExpiry,
  isOpen,
  joined,
  judgePoll,
  judgeProviderCallback,
  judgeRedemption,
  type StoredAttempt,
  spendsCode,
} from "../shared/access/login/attempts.ts";
import type { Claims } from "../shared/access/login/claim-at.ts";
import { nextCode, tryCode } from "../shared/access/login/mailed-code.ts";
import { type Rate, waitOf } from "../shared/access/login/rate.ts";
import {
  type AppAttempt,
  ATTEMPT_TTL_MS,
  type Handoff,
  type LoginAttemptsRpc,
  type MailedCode,
  type MailVerdict,
  type Polled,
  type ProviderAttempt,
  type Redeemed,
  type ShownClient,
  type TriedCode,
} from "../shared/access/login/types.ts";
import { migrate } from "./storage/migrate.ts";

const STEPS = [
  `CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    attempt TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    consumed INTEGER NOT NULL DEFAULT 0,
    code TEXT,
    session TEXT
  ) STRICT;
  CREATE INDEX attempts_expiry ON attempts (expires_at);
  CREATE TABLE seen_tokens (jti TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT;
  CREATE INDEX seen_tokens_expiry ON seen_tokens (expires_at);`,
  `ALTER TABLE attempts ADD COLUMN mailed TEXT;
  CREATE TABLE admissions (key TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  CREATE INDEX admissions_key ON admissions (key);
  CREATE INDEX admissions_expiry ON admissions (expires_at);`,
];

/** How long consumed attempts stay after their end. With them, a replay can be told from a guess. */
const REMEMBER_MS = 60 * 60_000;
/** The time between two clean-ups. */
const REST_MS = 60_000;

type Row = {
  attempt: string;
  expires_at: number;
  consumed: number;
  code: string | null;
  mailed: string | null;
  session: string | null;
};

/**
 * Sign-in attempts that have not ended. Each method is one synchronous transaction, so an attempt is consumed only
 * once.
 */
export class LoginAttempts extends DurableObject implements LoginAttemptsRpc {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as Cloudflare.Env);
    this.#sql = ctx.storage.sql;
    migrate(this.#sql, STEPS);
  }

  async start(id: string, attempt: AppAttempt | ProviderAttempt): Promise<void> {
    const expiresAt = Date.now() + ATTEMPT_TTL_MS;
    this.#sql.exec(
      "INSERT INTO attempts (id, attempt, expires_at) VALUES (?, ?, ?)",
      id,
      JSON.stringify(attempt),
      expiresAt,
    );
    await this.#forgetAt(expiresAt);
  }

  async peekApp(id: string): Promise<AppAttempt | null> {
    const stored = this.#load(id);
    return isOpen(stored, Date.now()) && stored.attempt.kind === "app" ? stored.attempt : null;
  }

  async joinChain(id: string, clientMark: string, browserHash: string): Promise<AppAttempt | null> {
    const attempt = joined(this.#load(id), clientMark, browserHash, Date.now());
    if (attempt) this.#sql.exec("UPDATE attempts SET attempt = ? WHERE id = ?", JSON.stringify(attempt), id);
    return attempt;
  }

  async recallApp(id: string): Promise<AppAttempt | null> {
    const attempt = this.#load(id)?.attempt;
    return attempt?.kind === "app" ? attempt : null;
  }

  async recallProvider(id: string): ReturnType<LoginAttemptsRpc["recallProvider"]> {
    const attempt = this.#load(id)?.attempt;
    if (attempt?.kind !== "provider") return null;
    const { providerId, appAttemptId } = attempt;
    return { providerId, appAttemptId };
  }

  async takeProvider(id: string, browserHash: string): ReturnType<LoginAttemptsRpc["takeProvider"]> {
    const verdict = judgeProviderCallback(this.#load(id), browserHash, Date.now());
    if (typeof verdict === "object") this.#consume(id);
    return verdict;
  }

  async peekProvider(id: string): Promise<ProviderAttempt | null> {
    const stored = this.#load(id);
    const isOpen = stored !== null && !stored.consumed && stored.expiresAt > Date.now();
    return isOpen && stored.attempt.kind === "provider" && !stored.attempt.answer ? stored.attempt : null;
  }

  async park(id: string, answer: Claims): Promise<boolean> {
    const attempt = await this.peekProvider(id);
    if (attempt === null) return false;
    this.#sql.exec(
      "UPDATE attempts SET attempt = ? WHERE id = ?",
      JSON.stringify({ ...attempt, answer }),
      id,
    );
    return true;
  }

  async mailCode(
    id: string,
    browserHash: string,
    code: Pick<MailedCode, "email" | "hash">,
  ): Promise<MailVerdict> {
    const mailed = nextCode(this.#load(id), browserHash, code, Date.now());
    if (typeof mailed === "string") return mailed;
    this.#sql.exec(
      "UPDATE attempts SET mailed = ?, expires_at = ? WHERE id = ?",
      JSON.stringify(mailed),
      mailed.expiresAt,
      id,
    );
    return "made";
  }

  async tryCode(id: string, browserHash: string, codeHash: string): Promise<TriedCode> {
    const { verdict, mailed } = tryCode(this.#load(id), browserHash, codeHash, Date.now());
    if (mailed) this.#sql.exec("UPDATE attempts SET mailed = ? WHERE id = ?", JSON.stringify(mailed), id);
    if (verdict.ok) this.#consume(id);
    return verdict;
  }

  async admit(key: string, rate: Rate): Promise<number> {
    const now = Date.now();
    const times = this.#sql.exec<{ at: number }>("SELECT at FROM admissions WHERE key = ?", key).toArray();
    const wait = waitOf(
      times.map(({ at }) => at),
      rate,
      now,
    );
    if (wait > 0) return wait;
    const expiresAt = now + rate.windowMs;
    this.#sql.exec("INSERT INTO admissions (key, at, expires_at) VALUES (?, ?, ?)", key, now, expiresAt);
    await this.#forgetAt(expiresAt);
    return 0;
  }

  async grantCode(id: string, codeHash: string, handoff: Handoff): Promise<boolean> {
    const now = Date.now();
    const stored = this.#load(id);
    if (!isOpen(stored, now)) return false;
    const code: StoredAttempt["code"] = { hash: codeHash, expiresAt: codeExpiry(stored, now), handoff };
    this.#sql.exec("UPDATE attempts SET code = ? WHERE id = ?", JSON.stringify(code), id);
    return true;
  }

  async redeem(
    id: string,
    codeHash: string,
    browserHashes: readonly string[],
    host: string | null,
    client?: ShownClient,
  ): Promise<Redeemed> {
    const verdict = judgeRedemption(this.#load(id), { codeHash, browserHashes, host, client }, Date.now());
    if (spendsCode(verdict)) this.#consume(id);
    return verdict;
  }

  async refuse(id: string): Promise<boolean> {
    if (!isOpen(this.#load(id), Date.now())) return false;
    this.#sql.exec("UPDATE attempts SET consumed = 1, code = NULL WHERE id = ?", id);
    return true;
  }

  async poll(id: string, secretHash: string): Promise<Polled> {
    const verdict = judgePoll(this.#load(id), secretHash, Date.now());
    if (verdict.ok) this.#consume(id);
    return verdict;
  }

  async recordSession(id: string, sessionId: string, owner: string): Promise<void> {
    const session = JSON.stringify({ id: sessionId, owner });
    this.#sql.exec("UPDATE attempts SET session = ? WHERE id = ? AND consumed = 1", session, id);
  }

  async isSpent(jti: string): Promise<boolean> {
    return this.#sql.exec("SELECT 1 FROM seen_tokens WHERE jti = ?", jti).toArray().length > 0;
  }

  async spend(jti: string, expiresAt: number): Promise<boolean> {
    const { rowsWritten } = this.#sql.exec(
      "INSERT OR IGNORE INTO seen_tokens (jti, expires_at) VALUES (?, ?)",
      jti,
      expiresAt,
    );
    await this.#forgetAt(expiresAt);
    return rowsWritten > 0;
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    this.#sql.exec("DELETE FROM attempts WHERE expires_at <= ? AND consumed = 0", now);
    this.#sql.exec("DELETE FROM attempts WHERE expires_at <= ?", now - REMEMBER_MS);
    this.#sql.exec("DELETE FROM seen_tokens WHERE expires_at <= ?", now);
    this.#sql.exec("DELETE FROM admissions WHERE expires_at <= ?", now);
    const { next } = this.#sql
      .exec<{ next: number | null }>(
        `SELECT min(due) AS next FROM (SELECT min(expires_at + consumed * ?) AS due FROM attempts
         UNION ALL SELECT min(expires_at) FROM seen_tokens UNION ALL SELECT min(expires_at) FROM admissions)`,
        REMEMBER_MS,
      )
      .one();
    if (next !== null) await this.ctx.storage.setAlarm(Math.max(next, now + REST_MS));
  }

  #load(id: string): StoredAttempt | null {
    const row = this.#sql
      .exec<Row>("SELECT attempt, expires_at, consumed, code, mailed, session FROM attempts WHERE id = ?", id)
      .toArray()[0];
    if (!row) return null;
    return {
      attempt: JSON.parse(row.attempt) as AppAttempt | ProviderAttempt,
      expiresAt: row.expires_at,
      consumed: row.consumed === 1,
      code: row.code === null ? null : (JSON.parse(row.code) as StoredAttempt["code"]),
      mailed: row.mailed === null ? null : (JSON.parse(row.mailed) as MailedCode),
      session: row.session === null ? null : (JSON.parse(row.session) as StoredAttempt["session"]),
    };
  }

  #consume(id: string): void {
    this.#sql.exec("UPDATE attempts SET consumed = 1 WHERE id = ?", id);
  }

  async #forgetAt(time: number): Promise<void> {
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm > time) await this.ctx.storage.setAlarm(time);
  }
}
