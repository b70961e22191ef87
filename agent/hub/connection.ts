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

/** A new ticket is asked for this long before the old one ends. */
const RENEW_BEFORE_MS = 60_000;

export interface ConnectionParts {
  readonly store: Store;
  readonly crypto: CryptoProvider;
  readonly send: Send;
  readonly node: string;
  readonly keys: () => Keys;
  readonly hub: () => HubIdentity;
}

/** The node's standing with the hub: opens a session when there is none, and another when it ends. */
export class HubConnection {
  readonly #parts: ConnectionParts;
  #session: OpenSession | null = null;
  /** Of the last handshake of this process, which a full disk may not have taken. */
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

  /** Ends the session, so that the next call opens another. */
  forget(): void {
    this.#session = null;
  }

  /** @throws HubAway or HubRefused. A ticket that the hub does not take costs one more handshake, not an error. */
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

  /** Tells the hub that this node leaves. @returns Why it could not be told, or null. */
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
    // On disk before it is used: should the machine's state be copied, both copies would use the next number. One that
    // is lost begins again with the time, which is higher than any count: a lower one would look like such a copy.
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
