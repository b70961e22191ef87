import { derivedId } from "../../shared/base/ids.ts";
import type { Bindings } from "../platform/env.ts";
import { keyedHash } from "../platform/secrets.ts";

/**
 * The id of the attempt that a user code names. It follows from the code, so nothing has to be looked up, and only the
 * Worker can compute it.
 */
export async function attemptOfUserCode(bindings: Bindings, userCode: string): Promise<string> {
  return derivedId("attempt", await keyedHash(bindings, "user-code", userCode));
}
