import * as z from "zod";
import { REVOKE } from "../../shared/access/login/command-line/request.ts";
import type { Config } from "../config.ts";
import { isRefusal, postForm } from "./token-endpoint.ts";

/** Ends the session of this command line at its hub (RFC 7009). False where the hub could not be told. */
export async function endSignIn({ hub, token }: Config): Promise<boolean> {
  try {
    return !isRefusal(await postForm(new URL(REVOKE, hub).href, { token }, z.object({})));
  } catch {
    return false;
  }
}
