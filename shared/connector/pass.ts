import * as z from "zod/mini";
import { err, ok, type Result } from "../base/result.ts";

/**
 * A pass is the gateway's signed statement that one request was allowed. The agent verifies it before it dials. It is a
 * JWT like the assertion that the application gets, signed by the same keys. But each attempt has its own pass, an
 * anonymous caller has one, too, and it covers the query and the upstream.
 */
export const PASS_TYPE = "rustronaut-pass+jwt";
/** A request reaches its agent within seconds. */
export const PASS_SECONDS = 30;
/** How far (seconds) the agent's clock may be from the hub's. */
export const CLOCK_SKEW_SECONDS = 30;

const claims = z.object({
  /** The auth host's origin. */
  iss: z.string(),
  /** The app's id. */
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  /** A new random text for each pass. */
  jti: z.string().check(z.minLength(16), z.maxLength(100)),
  /** The decision that allowed the request. */
  rid: z.string(),
  htm: z.string(),
  /** The app's own origin with path and query. For a TCP app it ends with the origin. */
  htu: z.string(),
  /** Where the application is. */
  upstream: z.string(),
  kind: z.enum(["http", "socket", "tcp"]),
  sub: z.string(),
  typ_sub: z.enum(["user", "service", "anonymous"]),
});
export type PassClaims = z.infer<typeof claims>;

/** What the agent is about to do. It must be what the pass allows. */
export interface Passage {
  readonly issuer: string;
  readonly app: string;
  readonly kind: PassClaims["kind"];
  readonly method: string;
  readonly target: string;
  readonly upstream: string;
}

/**
 * Checks the claims of a pass whose signature is good.
 *
 * @param now Seconds since the Unix epoch.
 * @returns The claims, or what is wrong with them, in words.
 */
export function checkPass(payload: unknown, passage: Passage, now: number): Result<PassClaims, string> {
  const parsed = z.safeParse(claims, payload);
  if (!parsed.success) return err("a claim is missing or malformed");
  const pass = parsed.data;
  if (pass.iss !== passage.issuer) return err("it is another network's");
  if (pass.aud !== passage.app) return err("it is for another app");
  if (pass.exp - pass.iat > PASS_SECONDS || pass.exp < pass.iat) return err("it holds for too long");
  if (now >= pass.exp + CLOCK_SKEW_SECONDS) return err("it has expired");
  if (now < pass.iat - CLOCK_SKEW_SECONDS) return err("it is from the future");
  if (pass.kind !== passage.kind) return err("it is for another kind of connection");
  if (pass.htm !== passage.method) return err("it is for another method");
  if (targetOf(pass.htu) !== passage.target) return err("it is for another URL");
  if (pass.upstream !== passage.upstream) return err("it is for another upstream");
  return ok(pass);
}

/** The path and query of an absolute URL, exactly as it is written. */
function targetOf(url: string): string | null {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? null : url.slice(start);
}

/** Remembers which passes were used, for as long as they hold. */
export class UsedPasses {
  /** The time in seconds when each pass no longer holds, by its id. Oldest first, since all hold equally long. */
  readonly #until = new Map<string, number>();
  readonly #most: number;

  /** @param most The most passes to remember. No more are taken until some have expired. */
  constructor(most = 200_000) {
    this.#most = most;
  }

  /** Uses a pass. False when it was used before, or when there are too many. */
  use({ jti, exp }: Pick<PassClaims, "jti" | "exp">, now: number): boolean {
    for (const [id, until] of this.#until) {
      if (until > now) break;
      this.#until.delete(id);
    }
    if (this.#until.has(jti) || this.#until.size >= this.#most) return false;
    this.#until.set(jti, exp + CLOCK_SKEW_SECONDS);
    return true;
  }
}
