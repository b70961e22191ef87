import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { constantTimeEqual } from "../../shared/base/base64url.ts";

/** Where a sign-in for an app goes on at the auth host. */
export const startLink = (attemptId: string): string => `/.rustronaut/start?a=${attemptId}`;

/** Proof that this browser may finish an attempt: only who holds its sign-in cookie can make it. */
const proofOf = (attemptId: string, cookie: string): string => hashSecret(`continue:${attemptId}:${cookie}`);

/** Where it goes on once the person, or the provider's callback, has confirmed it in this browser. */
export const continueLink = (attemptId: string, cookie: string): string =>
  `${startLink(attemptId)}&go=${proofOf(attemptId, cookie)}`;

/** Whether the address is such a link of this browser. */
export const isConfirmed = ({ searchParams }: URL, attemptId: string, cookie: string): boolean =>
  constantTimeEqual(searchParams.get("go") ?? "", proofOf(attemptId, cookie));
