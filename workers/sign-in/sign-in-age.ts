import type { Authentication } from "../../shared/access/sessions/types.ts";
import { NEW_SIGN_IN_MS } from "../gateway/step-up.ts";

/**
 * Whether the person signed in at the provider too early: before the time (milliseconds) after which the
 * sign-in must be.
 */
export const isOlder = (
  { authentication }: { readonly authentication: Pick<Authentication, "authTime"> },
  signInAfter: number | null,
): boolean => signInAfter !== null && authentication.authTime * 1_000 + NEW_SIGN_IN_MS < signInAfter;
