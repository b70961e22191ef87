import type { Device } from "../../shared/access/device/device.ts";
import { dueAt } from "../../shared/access/sessions/expiry.ts";
import type {
  LiveSession,
  SessionEvent,
  SessionsState,
  Tombstone,
} from "../../shared/access/sessions/state.ts";
import type { CreateSession, Principal, SessionFilter } from "../../shared/access/sessions/types.ts";
import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { META_SCHEMA, raiseMeta, readMeta } from "../storage/meta.ts";
import { isMigrated, migrate } from "../storage/migrate.ts";
import { outboxSchema } from "../storage/outbox.ts";
import { LastSeen } from "./last-seen.ts";
import { PARKING_SCHEMA, Parking } from "./parking.ts";

/** `document` is the `LiveSession` as JSON. The other columns serve to find rows. */
const SCHEMA = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, app_id TEXT, parent_id TEXT,
    provider_id TEXT NOT NULL, last_seen_at INTEGER NOT NULL, due_at INTEGER NOT NULL, document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sessions_user ON sessions (user_id);
  CREATE INDEX sessions_app ON sessions (app_id);
  CREATE INDEX sessions_parent ON sessions (parent_id);
  CREATE INDEX sessions_provider ON sessions (provider_id);
  CREATE INDEX sessions_due ON sessions (due_at);
  CREATE TABLE tombstones (
    id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, app_id TEXT, reason TEXT NOT NULL, until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX tombstones_until ON tombstones (until);
  CREATE TABLE principals (
    user_id TEXT PRIMARY KEY, document TEXT NOT NULL, received_at INTEGER NOT NULL
  ) STRICT;`;

/** Before this step, one number was two things: the policy epoch, and the state of users that the object knew. */
const TWO_KINDS_OF_NEWS = "UPDATE meta SET key = 'sequence' WHERE key = 'synced_epoch';";

/** The device that a session rests on, and the newest devices that were pushed. */
const DEVICES = `
  ALTER TABLE sessions ADD COLUMN device_id TEXT;
  CREATE INDEX sessions_device ON sessions (device_id) WHERE device_id IS NOT NULL;
  CREATE TABLE devices (id TEXT PRIMARY KEY, document TEXT NOT NULL, received_at INTEGER NOT NULL) STRICT;`;

/** The OAuth client that holds a session. */
const CLIENTS = `
  ALTER TABLE sessions ADD COLUMN client_id TEXT;
  CREATE INDEX sessions_client ON sessions (client_id) WHERE client_id IS NOT NULL;`;

/**
 * How long a pushed principal or device is kept after its push. It is longer than any caller holds a principal that it read
 * before.
 */
const PUSHED_KEPT_MS = 10 * 60_000;

/** The number of sessions in memory. Each takes about a kilobyte. */
const MAX_HELD = 1_000;

/** The rows of one session object. It loads the part of the state that a command needs, and writes events. */
export class SessionStore {
  readonly #sql: SqlStorage;
  /** The requests that wait for a step-up. They go with their session. */
  readonly parking: Parking;
  readonly #lastSeen = new LastSeen();
  /** The rows that were read since the last write, by hash. Each request of a session needs its row. */
  readonly #held = new BoundedMap<string, LiveSession>(MAX_HELD);
  #epoch: number | null = null;

  #exists: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.parking = new Parking(sql);
    this.#exists = isMigrated(sql);
    if (this.#exists) this.found();
  }

  /** Whether the tables exist. An object gets its tables with its first session, and not when somebody names it. */
  get exists(): boolean {
    return this.#exists;
  }

  /** Makes the tables. Call it before anything is read or written. */
  found(): void {
    migrate(this.#sql, [
      META_SCHEMA,
      outboxSchema(),
      SCHEMA,
      TWO_KINDS_OF_NEWS,
      PARKING_SCHEMA,
      DEVICES,
      CLIENTS,
    ]);
    this.#exists = true;
  }

  /** The policy epoch. It is kept in memory, since each verdict contains it. */
  get epoch(): number {
    this.#epoch ??= readMeta(this.#sql, "epoch");
    return this.#epoch;
  }

  /** The sequence number up to which this object knows every change of a user who has a session here. */
  get sequence(): number {
    return readMeta(this.#sql, "sequence");
  }

  set sequence(sequence: number) {
    raiseMeta(this.#sql, "sequence", sequence);
  }

  /**
   * Finds a session. A live session costs at most one indexed read. A second read only finds out why there is no live
   * session.
   */
  bySecret(secretHash: string): SessionsState {
    const held = this.#held.get(secretHash);
    if (held) return this.#state([this.#asSeen(held)], []);
    const live = this.#live("secret_hash = ?", secretHash);
    for (const one of live) this.#hold(one);
    return this.#state(live, live.length > 0 ? [] : this.#tombstones("secret_hash = ?", secretHash));
  }

  byId(id: string): SessionsState {
    return this.#state(this.#live("id = ?", id), this.#tombstones("id = ?", id));
  }

  forCreate(input: CreateSession): SessionsState {
    const { id, secretHash, principal, device } = input;
    const where = "id = ? OR secret_hash = ?";
    const live = [...this.#live(where, id, secretHash), ...this.#live("user_id = ?", principal.userId)];
    const known = this.#principals([principal.userId]);
    const devices = device ? this.#devices([device.device.id]) : [];
    return this.#state(live, this.#tombstones(where, id, secretHash), known, devices);
  }

  forFilter(filter: SessionFilter): SessionsState {
    if (filter.by === "provider") return this.#state(this.#live("provider_id = ?", filter.providerId), []);
    if (filter.by === "passkey") return this.#state(this.#live("user_id = ?", filter.userId), []);
    return this.#state(this.#live(`${FILTER_COLUMNS[filter.by]} = ?`, filter.id), []);
  }

  forRefresh(principals: readonly Principal[], devices: readonly Device[]): SessionsState {
    const users = principals.map((principal) => principal.userId);
    const ids = devices.map(({ id }) => id);
    const live = [
      ...users.flatMap((user) => this.#live("user_id = ?", user)),
      ...ids.flatMap((id) => this.#live("device_id = ?", id)),
    ];
    return this.#state(live, [], this.#principals(users), this.#devices(ids));
  }

  forBinding(id: string, device: Device): SessionsState {
    return this.#state(this.#live("id = ?", id), [], [], this.#devices([device.id]));
  }

  /** Sessions whose stored time is over. Some may have been seen since: see `rescheduleSeen`. */
  due(now: number): SessionsState {
    return this.#state(this.#live("due_at <= ?", now), []);
  }

  hasLive(): boolean {
    return this.#sql.exec("SELECT 1 FROM sessions LIMIT 1").toArray().length > 0;
  }

  /** @param subject The id of a user or a device. */
  hasLiveOf(subject: string): boolean {
    const query = "SELECT 1 FROM sessions WHERE user_id = ?1 OR device_id = ?1 LIMIT 1";
    return this.#sql.exec(query, subject).toArray().length > 0;
  }

  /** The next time when a session, a tombstone, a principal or a device is due. */
  nextDue(): number | null {
    return this.#sql
      .exec<{ at: number | null }>(
        `SELECT min(at) AS at FROM (SELECT min(due_at) AS at FROM sessions
         UNION ALL SELECT min(until) FROM tombstones UNION ALL SELECT min(expires_at) FROM parked
         UNION ALL SELECT min(received_at) + ?1 FROM principals UNION ALL SELECT min(received_at) + ?1 FROM devices)`,
        PUSHED_KEPT_MS,
      )
      .one().at;
  }

  /** Whether these events would not change any row yet. Most uses of a session are only kept in memory. */
  isOnlyRemembered(events: readonly SessionEvent[]): boolean {
    return events.every((event) => event.type === "seen" && !this.#lastSeen.mustWrite(event.id, event.at));
  }

  /** Writes the events. Call it inside a transaction, and read nothing before the transaction has ended. */
  write(events: readonly SessionEvent[], state: SessionsState, now: number): void {
    this.#held.clear();
    for (const event of events) this.#write(event, state, now);
  }

  /** Stores the time of sessions that look due but were seen since their last write. */
  rescheduleSeen(state: SessionsState): void {
    for (const live of state.live.values()) this.#writeSeen(live);
  }

  /**
   * Forgets tombstones whose cookie has expired, principals and devices that no race needs any more, and parked requests.
   */
  purge(now: number): void {
    this.parking.purge(now);
    this.#sql.exec("DELETE FROM tombstones WHERE until <= ?", now);
    this.#sql.exec("DELETE FROM principals WHERE received_at <= ?", now - PUSHED_KEPT_MS);
    this.#sql.exec("DELETE FROM devices WHERE received_at <= ?", now - PUSHED_KEPT_MS);
  }

  #write(event: SessionEvent, state: SessionsState, now: number): void {
    switch (event.type) {
      case "created":
        this.#insert(event.live);
        return;
      case "raised":
        this.#replace(event.live);
        return;
      case "put_below": {
        const live = state.live.get(event.id);
        if (live) this.#replace(live);
        return;
      }
      case "seen": {
        const live = state.live.get(event.id);
        if (live && this.#lastSeen.mustWrite(event.id, event.at)) this.#writeSeen(live);
        return;
      }
      case "ended":
        this.#sql.exec("DELETE FROM sessions WHERE id = ?", event.session.id);
        this.parking.drop(event.session.id);
        this.#lastSeen.forget(event.session.id);
        this.#bury(event.tombstone, now);
        return;
      case "principal_pushed":
        this.#sql.exec(
          "INSERT OR REPLACE INTO principals (user_id, document, received_at) VALUES (?, ?, ?)",
          event.principal.userId,
          JSON.stringify(event.principal),
          now,
        );
        return;
      case "device_pushed":
        this.#sql.exec(
          "INSERT OR REPLACE INTO devices (id, document, received_at) VALUES (?, ?, ?)",
          event.device.id,
          JSON.stringify(event.device),
          now,
        );
        return;
      case "principal_replaced":
      case "risk_noted":
      case "renewed":
      case "device_noted": {
        const live = state.live.get(event.id);
        if (live)
          this.#sql.exec(
            "UPDATE sessions SET document = ?, device_id = ? WHERE id = ?",
            JSON.stringify(live),
            live.session.device?.device.id ?? null,
            event.id,
          );
        return;
      }
      case "epoch_raised":
        raiseMeta(this.#sql, "epoch", event.epoch);
        // The next read after the transaction gets the new value, whether the transaction succeeds or not.
        this.#epoch = null;
    }
  }

  #insert(live: LiveSession): void {
    const { session } = live;
    this.#sql.exec(
      `INSERT INTO sessions (id, secret_hash, user_id, app_id, parent_id, provider_id, last_seen_at, due_at, device_id, client_id, document)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      session.id,
      live.secretHash,
      session.principal.userId,
      session.appId,
      session.parentId,
      session.authentication.providerId,
      session.lastSeenAt,
      dueAt(live),
      session.device?.device.id ?? null,
      session.client?.id ?? null,
      JSON.stringify(live),
    );
    this.#lastSeen.written(session.id, session.lastSeenAt);
  }

  #replace(live: LiveSession): void {
    const { session, secretHash } = live;
    this.#sql.exec(
      `UPDATE sessions SET secret_hash = ?, parent_id = ?, provider_id = ?, last_seen_at = ?, due_at = ?, document = ?
       WHERE id = ?`,
      secretHash,
      session.parentId,
      session.authentication.providerId,
      session.lastSeenAt,
      dueAt(live),
      JSON.stringify(live),
      session.id,
    );
    this.#lastSeen.written(session.id, session.lastSeenAt);
  }

  #writeSeen(live: LiveSession): void {
    const { id, lastSeenAt } = live.session;
    this.#sql.exec(
      "UPDATE sessions SET last_seen_at = ?, due_at = ? WHERE id = ?",
      lastSeenAt,
      dueAt(live),
      id,
    );
    this.#lastSeen.written(id, lastSeenAt);
  }

  #bury({ id, secretHash, appId, reason, until }: Tombstone, now: number): void {
    if (until <= now) return;
    this.#sql.exec(
      "INSERT INTO tombstones (id, secret_hash, app_id, reason, until) VALUES (?, ?, ?, ?, ?)",
      id,
      secretHash,
      appId,
      reason,
      until,
    );
  }

  #state(
    live: readonly LiveSession[],
    ended: readonly Tombstone[],
    principals: readonly Principal[] = [],
    devices: readonly Device[] = [],
  ): SessionsState {
    return {
      epoch: this.epoch,
      live: new Map(live.map((one) => [one.session.id, one])),
      ended: new Map(ended.map((one) => [one.id, one])),
      principals: new Map(principals.map((one) => [one.userId, one])),
      devices: new Map(devices.map((one) => [one.id, one])),
    };
  }

  #live(where: string, ...values: (string | number)[]): LiveSession[] {
    const query = `SELECT document, last_seen_at FROM sessions WHERE ${where}`;
    return this.#sql
      .exec<{ document: string; last_seen_at: number }>(query, ...values)
      .toArray()
      .map((row) => {
        const live = JSON.parse(row.document) as LiveSession;
        return this.#asSeen({ ...live, session: { ...live.session, lastSeenAt: row.last_seen_at } });
      });
  }

  #asSeen(live: LiveSession): LiveSession {
    const { session } = live;
    return {
      ...live,
      session: { ...session, lastSeenAt: this.#lastSeen.newest(session.id, session.lastSeenAt) },
    };
  }

  #hold(live: LiveSession): void {
    this.#held.set(live.secretHash, live);
  }

  #tombstones(where: string, ...values: string[]): Tombstone[] {
    const query = `SELECT id, secret_hash AS secretHash, app_id AS appId, reason, until FROM tombstones WHERE ${where}`;
    return this.#sql.exec(query, ...values).toArray() as unknown as Tombstone[];
  }

  #devices(ids: readonly string[]): Device[] {
    return ids.flatMap((id) =>
      this.#sql
        .exec<{ document: string }>("SELECT document FROM devices WHERE id = ?", id)
        .toArray()
        .map((row) => JSON.parse(row.document) as Device),
    );
  }

  #principals(users: readonly string[]): Principal[] {
    return users.flatMap((user) =>
      this.#sql
        .exec<{ document: string }>("SELECT document FROM principals WHERE user_id = ?", user)
        .toArray()
        .map((row) => JSON.parse(row.document) as Principal),
    );
  }
}

const FILTER_COLUMNS = {
  session: "id",
  parent: "parent_id",
  user: "user_id",
  app: "app_id",
  client: "client_id",
  everyOf: "provider_id",
} as const;
