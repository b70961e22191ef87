import { shownBy } from "../../shared/access/sessions/proofs.ts";
import type { Authentication } from "../../shared/access/sessions/types.ts";
import { NEW_SIGN_IN_MS } from "../gateway/step-up.ts";

/**
 * Whether the person last showed who they are too early: before the time (milliseconds) after which it
 * must have been.
 */
export const isOlder = (
  {
    authentication,
  }: { readonly authentication: Pick<Authentication, "acr" | "amr" | "authTime" | "passkey"> },
  signInAfter: number | null,
): boolean => signInAfter !== null && shownBy(authentication).authTime * 1_000 + NEW_SIGN_IN_MS < signInAfter;
