import type { Need } from "../../shared/access/grade/verified.ts";
import type { Claims } from "../../shared/access/login/claim-at.ts";
import type { SeenClaims, TrialCheck } from "../../shared/access/login/provider-trial.ts";
import type { RecheckOutcome } from "../../shared/access/login/recheck.ts";
import type { ProviderAttempt } from "../../shared/access/login/types.ts";
import type { Bindings } from "../platform/env.ts";
import type { Provider, ProviderSettings } from "./providers.ts";

/** The requirements for a sign-in. */
export interface SignInWish {
  /** The app's attempt that waits for this sign-in, or null. */
  readonly appAttemptId: string | null;
  /**
   * Whether the person must be asked before that attempt makes a session, because the attempt may belong to
   * another person.
   */
  readonly askBefore: boolean;
  /** The person wants to use another account than the one that the provider remembers. */
  readonly switchUser: boolean;
  /** The sign-in must be newer than this time (milliseconds). Null if any sign-in is accepted. */
  readonly signInAfter: number | null;
  /** What the sign-in must show. The provider is asked for it. Null or absent if any sign-in is accepted. */
  readonly need?: Need | null;
  /** The page of the auth host that waits, if no app's attempt does. Absent for the list of apps. */
  readonly goesTo?: string;
}

/** What a provider said about the person who signed in. */
export interface Exchanged {
  /**
   * Claims in the terms of OpenID Connect, whatever protocol the provider uses. `readIdentityClaims` reads
   * them.
   */
  readonly claims: Claims;
  /** With this token the provider can be asked again. Null if the provider gave none. */
  readonly refreshToken: string | null;
}

/** The result of asking a provider again. */
export type Answer =
  | { readonly kind: "claims"; readonly claims: Claims }
  /**
   * The provider replaced the token, but the user has signed in again in the meantime. So the answer is not
   * used.
   */
  | { readonly kind: "superseded" }
  | Exclude<RecheckOutcome, { kind: "confirmed" }>;

/** How people sign in with one kind of provider. Everything after the claims is the same for all kinds. */
export interface SignInMethod {
  /**
   * Sends the browser to the place where the person signs in.
   *
   * @throws `ProviderAway` or `ProviderFault`.
   */
  begin(request: Request, bindings: Bindings, provider: Provider, wish: SignInWish): Promise<Response>;
  /**
   * Verifies what the browser brought back. Absent if the browser goes to no other place. Call it only after
   * the state and the browser were verified.
   *
   * @throws `ProviderAway` or `ProviderFault`.
   */
  finish?(
    bindings: Bindings,
    provider: Provider,
    attempt: ProviderAttempt,
    state: string,
    parameters: URLSearchParams,
  ): Promise<Exchanged>;
  /**
   * Asks again about a user who signed in before. Absent if this kind of provider can't be asked.
   *
   * @param keep Stores a token that replaces this one. Returns false if we may no longer store it.
   */
  ask?(
    bindings: Bindings,
    provider: Provider,
    subject: string,
    token: string,
    keep: (token: string) => Promise<boolean>,
  ): Promise<Answer>;
  /**
   * What would not work with these settings, in words. Never throws, because a provider may be set up before
   * it can be reached.
   */
  problems(bindings: Bindings, settings: ProviderSettings): Promise<string[]>;
  /**
   * Tries the provider as a sign-in would use it, up to the step where a person is asked. Never throws
   * because of the provider.
   *
   * @param seen What earlier sign-ins contained.
   */
  test(bindings: Bindings, provider: Provider, seen: SeenClaims): Promise<TrialCheck[]>;
  /**
   * The address where the provider ends its own session, if it does so. May throw. A failure of the provider
   * never keeps our session alive.
   */
  logoutUrl?(bindings: Bindings, provider: Provider, email: string): Promise<URL | null>;
}
