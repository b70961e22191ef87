import { type CryptoKey, compactVerify, decodeProtectedHeader, importJWK, type JWK } from "jose";
import { singleFlight } from "../../shared/base/async/single-flight.ts";
import {
  checkPass,
  PASS_TYPE,
  type Passage,
  type PassClaims,
  UsedPasses,
} from "../../shared/connector/pass.ts";
import type { TunnelsAnswer } from "../../shared/connector/tunnels-answer.ts";

/** A request came without a good pass. */
export class PassRefused extends Error {
  override readonly name = "PassRefused";
}

/** For how long (milliseconds) the agent does not ask for new keys again because of a key that it does not know. */
const BETWEEN_ASKS_MS = 2_000;

type Known = Pick<TunnelsAnswer, "issuer" | "keys">;

/** Verifies that the gateway allowed a request, and that nobody repeats it. */
export class Passes {
  readonly #used = new UsedPasses();
  readonly #now: () => number;
  readonly #askAgain: () => Promise<unknown>;
  #known: Known = { issuer: "", keys: [] };
  #imported = new Map<string, CryptoKey>();
  #askedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param now The hub's time, in milliseconds.
   * @param ask Asks the hub for its keys. Its answer comes by `learn`.
   */
  constructor(now: () => number, ask: () => Promise<unknown>) {
    this.#now = now;
    this.#askAgain = singleFlight(ask);
  }

  learn(known: Known): void {
    this.#known = known;
    this.#imported = new Map();
  }

  /** @throws PassRefused */
  async demand(pass: string, passage: Omit<Passage, "issuer">): Promise<PassClaims> {
    const { payload, typ } = await this.#verified(pass);
    const now = Math.floor(this.#now() / 1_000);
    if (typ !== PASS_TYPE) throw new PassRefused("the pass is another kind of statement");
    const checked = checkPass(payload, { ...passage, issuer: this.#known.issuer }, now);
    if (!checked.ok) throw new PassRefused(`the pass is not good: ${checked.error}`);
    if (!this.#used.use(checked.value, now)) throw new PassRefused("the pass was used before");
    return checked.value;
  }

  async #verified(pass: string): Promise<{ readonly payload: unknown; readonly typ: unknown }> {
    try {
      const { kid = "", typ } = decodeProtectedHeader(pass);
      const { key, alg } = await this.#keyOf(kid);
      // The key says the algorithm, never the pass (RFC 8725 §3.1).
      const { payload } = await compactVerify(pass, key, { algorithms: [alg] });
      return { payload: JSON.parse(new TextDecoder().decode(payload)) as unknown, typ };
    } catch (error) {
      if (error instanceof PassRefused) throw error;
      throw new PassRefused("the pass is not signed by the gateway");
    }
  }

  async #keyOf(kid: string): Promise<{ readonly key: CryptoKey; readonly alg: string }> {
    const find = () => this.#known.keys.find((key) => key.kid === kid);
    if (!find() && performance.now() - this.#askedAt > BETWEEN_ASKS_MS) {
      this.#askedAt = performance.now();
      await this.#askAgain().catch(() => undefined);
    }
    const jwk = find();
    if (!jwk) throw new PassRefused("the pass is signed by an unknown key");
    const key = this.#imported.get(kid) ?? ((await importJWK(jwk as JWK, jwk.alg)) as CryptoKey);
    this.#imported.set(kid, key);
    return { key, alg: jwk.alg };
  }
}
