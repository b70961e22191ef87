import { BoundedMap } from "../base/bounded-map.ts";
import { type Allowance, take } from "./policy/allowance.ts";

/** How many requests an app takes. */
export interface QuotaSettings {
  /** Requests a minute of one session, service token, or network without a sign-in. 0: as many as come. */
  readonly callerRequestsPerMinute: number;
  /** Requests a minute of everybody together. 0: as many as come. */
  readonly appRequestsPerMinute: number;
  /** Denials a minute after which a session, service token or network is refused unheard. 0: never. */
  readonly denialsPerMinute: number;
}

export const DEFAULT_QUOTA_SETTINGS: QuotaSettings = {
  callerRequestsPerMinute: 0,
  appRequestsPerMinute: 0,
  denialsPerMinute: 600,
};

/** What an isolate got of a quota. */
export interface QuotaLease {
  /** How many requests it may let through. 0 when the quota is used up. */
  readonly granted: number;
  /** Seconds until one more request is granted. 0 when some were. */
  readonly waitSeconds: number;
  /** Whether this refusal is recorded: one a minute of each key is. */
  readonly isRecorded: boolean;
}

/** The RPC of a `RequestQuota`. Each app that limits requests has its own, named by the app's id. */
export interface RequestQuotaRpc {
  /**
   * Takes requests of a quota, or one where fewer are left.
   *
   * @param key Whose quota: the app's, or a caller's.
   * @param wanted How many requests the isolate wants to let through without asking again.
   */
  take(key: string, wanted: number, perMinute: number): Promise<QuotaLease>;
}

/** The most keys that are known. A key that is forgotten has its whole quota again. */
const MAX_KEYS = 20_000;
const RECORD_EVERY_MS = 60_000;

/** The quotas of one app: token buckets that hold the requests of a minute. */
export class Quotas {
  readonly #kept = new BoundedMap<string, { readonly allowance: Allowance; readonly recordedAt: number }>(
    MAX_KEYS,
  );

  /** @param now In milliseconds. */
  take(key: string, wanted: number, perMinute: number, now: number): QuotaLease {
    const { allowance: before = null, recordedAt = Number.NEGATIVE_INFINITY } = this.#kept.get(key) ?? {};
    for (const granted of wanted > 1 ? [wanted, 1] : [1]) {
      const taken = take(before, granted, perMinute, now);
      if (taken.waitSeconds > 0) continue;
      this.#kept.set(key, { allowance: taken.allowance, recordedAt });
      return { granted, waitSeconds: 0, isRecorded: false };
    }
    const { allowance, waitSeconds } = take(before, 1, perMinute, now);
    const isRecorded = now - recordedAt >= RECORD_EVERY_MS;
    this.#kept.set(key, { allowance, recordedAt: isRecorded ? now : recordedAt });
    return { granted: 0, waitSeconds, isRecorded };
  }
}

/** How many requests an isolate takes at once: a twentieth of a minute's, since what it does not use is lost. */
export const leaseSize = (perMinute: number): number => Math.max(1, Math.floor(perMinute / 20));
