import type { Claims } from "../../shared/access/login/claim-at.ts";
import type { SeenClaims, TrialCheck } from "../../shared/access/login/provider-trial.ts";
import type { RecheckOutcome } from "../../shared/access/login/recheck.ts";
import type { ProviderAttempt } from "../../shared/access/login/types.ts";
import type { Bindings } from "../platform/env.ts";
import type { Provider, ProviderSettings } from "./providers.ts";

/** What a sign-in must be like. */
export interface SignInWish {
  /** The app's attempt that waits for this sign-in, or null. */
  readonly appAttemptId: string | null;
  /** The person must be asked before that attempt ends in a session: it may be another's. */
  readonly askBefore: boolean;
  /** Another account than the one that the provider remembers. */
  readonly switchUser: boolean;
  /** Newer than this moment (milliseconds), or null. */
  readonly signInAfter: number | null;
}

/** What a provider said about the person who signed in. */
export interface Exchanged {
  /** In the words of OpenID Connect, whatever the provider speaks; read by `readIdentityClaims`. */
  readonly claims: Claims;
  /** With it the provider can be asked again; null where it gave none. */
  readonly refreshToken: string | null;
}

/** What came of asking a provider again. */
export type Answer =
  | { readonly kind: "claims"; readonly claims: Claims }
  /** The provider replaced the token, but a newer sign-in has come in between: the answer is of no use. */
  | { readonly kind: "superseded" }
  | Exclude<RecheckOutcome, { kind: "confirmed" }>;

/** How people sign in with one kind of provider. All that follows from the claims is the same for every kind. */
export interface SignInMethod {
  /** Takes the browser to where the person signs in. Throws `ProviderAway` or `ProviderFault`. */
  begin(request: Request, bindings: Bindings, provider: Provider, wish: SignInWish): Promise<Response>;
  /**
   * Verifies what the browser brought back; absent where it goes nowhere. Called only after state and browser were verified.
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
   * Asks again about a user who signed in before; absent where nobody can be asked.
   *
   * @param keep Stores a token that takes the place of this one; false when it is not ours to store any more.
   */
  ask?(
    bindings: Bindings,
    provider: Provider,
    subject: string,
    token: string,
    keep: (token: string) => Promise<boolean>,
  ): Promise<Answer>;
  /** What would not work with these settings, in words. Never throws: a provider may be set up before it can be reached. */
  problems(bindings: Bindings, settings: ProviderSettings): Promise<string[]>;
  /**
   * Tries the provider as a sign-in would use it, up to where a person is asked. Never throws because of the provider.
   *
   * @param seen What sign-ins held so far.
   */
  test(bindings: Bindings, provider: Provider, seen: SeenClaims): Promise<TrialCheck[]>;
  /** Where the provider ends its own session, if it does. May throw: its troubles never keep ours alive. */
  logoutUrl?(bindings: Bindings, provider: Provider, email: string): Promise<URL | null>;
}
