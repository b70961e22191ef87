import { singleFlight } from "../../shared/base/async/single-flight.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { messageOf } from "../failure.ts";
import type { Keys } from "../state/keys.ts";
import type { Store } from "../state/store.ts";
import type { Send } from "./http.ts";
import { HubRefused } from "./refusal.ts";
import {
  type AuthenticAnswer,
  type HubIdentity,
  type OpenSession,
  openSession,
  type SessionCall,
} from "./session.ts";

/** The agent asks for a new ticket this long before the old ticket ends. */
const RENEW_BEFORE_MS = 60_000;

export interface ConnectionParts {
  readonly store: Store;
  readonly crypto: CryptoProvider;
  readonly send: Send;
  readonly node: string;
  readonly keys: () => Keys;
  readonly hub: () => HubIdentity;
}

/**
 * The node's connection with the hub. It opens a session when there is none, and a new session when the old one ends.
 */
export class HubConnection {
  readonly #parts: ConnectionParts;
  #session: OpenSession | null = null;
  /** The counter of the last handshake of this process. A full disk may not hold it. */
  #counter = 0;
  /** Hub time minus node time, as far as it is known. */
  skewMs = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  hubNow(): number {
    return Date.now() + this.skewMs;
  }

  get telemetrySeconds(): number {
    return this.#session?.telemetrySeconds ?? 60;
  }

  get pollSeconds(): number {
    return this.#session?.pollSeconds ?? 15;
  }

  /** Ends the session. The next call opens a new one. */
  forget(): void {
    this.#session = null;
  }

  /**
   * Sends a request. If the hub does not accept the ticket, this costs one more handshake and is not an error.
   * @throws HubAway or HubRefused.
   */
  async call(call: SessionCall): Promise<AuthenticAnswer> {
    const session = await this.session();
    try {
      return await session.call(call);
    } catch (error) {
      if (!(error instanceof HubRefused && error.status === 401)) throw error;
      this.forget();
      return (await this.session()).call(call);
    }
  }

  /** Tells the hub that this node leaves. @returns Why the hub could not be told, or null. */
  async leave(): Promise<string | null> {
    try {
      await this.call({ method: "POST", target: "/agent/v1/logout" });
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  async session(): Promise<OpenSession> {
    if (this.#session && this.hubNow() < this.#session.expiresAt - RENEW_BEFORE_MS) return this.#session;
    return this.#open();
  }

  readonly #open = singleFlight(async (): Promise<OpenSession> => {
    const { store, crypto, send, node, keys, hub } = this.#parts;
    // The counter goes to the disk before its use. If somebody copies the state of the machine, both copies use the
    // same next number, and the hub notices. A lost counter starts again from the time, which is higher than any count.
    // A lower number would look like such a copy.
    const last = (await store.recall("handshake")) ?? Date.now();
    const counter = Math.max(typeof last === "number" ? last : last.counter, this.#counter) + 1;
    this.#counter = counter;
    await store.keep("handshake", { counter });
    const device = { node, signingKey: keys().signing };
    const session = await openSession(crypto, send, hub(), device, counter, Date.now);
    this.#session = session;
    this.skewMs = session.skewMs;
    return session;
  });
}
