import type { Device } from "../device/device.ts";
import type { Principal, SessionEndReason, SessionFilter } from "./types.ts";

/** What the coordinator tells one session object. */
export interface News {
  /** The policy epoch. The data for evaluating policies is at least as new as this epoch. */
  readonly epoch: number;
  /** A receiver of this news that also got all earlier news knows every change of a user up to this number. */
  readonly sequence: number;
  /** The changed users among the users that the object subscribed to. */
  readonly principals: readonly Principal[];
  /** The changed devices among those that the object subscribed to. Missing in news of an older release. */
  readonly devices?: readonly Device[];
}

/**
 * The answer of a session object to news. The coordinator need not tell the object about these users until
 * the object subscribes again.
 */
export interface Heard {
  /** The users and devices in the news on which no session in this object rests. */
  readonly absent: readonly string[];
  /** The object has no session at all. */
  readonly isIdle: boolean;
}

/** RPC of the one `NetworkCoordinator` object, named `network`. */
export interface NetworkCoordinatorRpc {
  /** The current policy epoch. */
  epoch(): Promise<number>;
  /**
   * Raises the policy epoch after a change of the data for evaluating policies. Tells every session object
   * and awaits the answers. An alarm retries the objects that could not be told, and `pending` names them.
   */
  publish(): Promise<{ epoch: number; pending: string[] }>;
  /**
   * Tells the session objects that subscribed to these users what is known about the users now, and awaits
   * the answers. Failed calls are handled as in `publish`.
   */
  tell(principals: readonly Principal[]): Promise<{ pending: string[] }>;
  /**
   * Like `tell`, for devices. `unheard` names those on which no session rests, so that their changes interest nobody.
   */
  tellDevices(devices: readonly Device[]): Promise<{ pending: string[]; unheard: string[] }>;
  /**
   * Tells the objects of these segments that the registry of the mesh has reached a revision, and awaits the
   * answers. Failed calls are handled as in `publish`, but objects that already know the revision are not
   * told again. `pending` names segments.
   */
  tellMesh(revision: number, segments: readonly string[]): Promise<{ pending: string[] }>;
  /**
   * The freshness check of a session object. The answer contains the changes after sequence `since`, so the
   * check repairs a lost push. If `more` is true, ask again from the sequence in the answer. With `subject`
   * (the id of a user or a device), the object first subscribes to it. It then also gets a change of it from
   * the last minutes, however old the data of its caller is. Call `join` with `subject` before the first session
   * that rests on it is made.
   */
  join(owner: string, since: number, subject?: string): Promise<News & { readonly more: boolean }>;
  /**
   * Ends matching sessions in the named owners, or in all active owners if `owners` is null. An alarm retries
   * failed calls.
   */
  endEverywhere(
    owners: readonly string[] | null,
    filter: SessionFilter,
    reason: SessionEndReason,
  ): Promise<{ ended: string[]; pending: string[] }>;
  /**
   * The assertion keys: the current key and the next key of each algorithm, as private JWKs. The keys are
   * made on first use, and an alarm rotates them.
   */
  assertionKeys(): Promise<AssertionKeySet>;
}

export interface AssertionKey {
  readonly kid: string;
  readonly alg: "ES256" | "EdDSA";
  /** A private JWK. The key set endpoint publishes its public half. */
  readonly jwk: Readonly<Record<string, string>>;
  readonly notBefore: number;
  readonly expiresAt: number;
}

export interface AssertionKeySet {
  /** All published keys. The keys that sign now come first. */
  readonly keys: readonly AssertionKey[];
}
