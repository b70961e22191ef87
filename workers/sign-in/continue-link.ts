import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { constantTimeEqual } from "../../shared/base/base64url.ts";

/** The link at the auth host where a sign-in for an app continues. */
export const startLink = (attemptId: string): string => `/.rustronaut/start?a=${attemptId}`;

/**
 * The proof that this browser may finish an attempt. Only somebody with the browser's sign-in cookie can make
 * it.
 */
const proofOf = (attemptId: string, cookie: string): string => hashSecret(`continue:${attemptId}:${cookie}`);

/**
 * The link where the sign-in continues after the person, or the provider's callback, has confirmed it in this
 * browser.
 */
export const continueLink = (attemptId: string, cookie: string): string =>
  `${startLink(attemptId)}&go=${proofOf(attemptId, cookie)}`;

/** Whether the address is such a link for this browser. */
export const isConfirmed = ({ searchParams }: URL, attemptId: string, cookie: string): boolean =>
  constantTimeEqual(searchParams.get("go") ?? "", proofOf(attemptId, cookie));
