import type { Said } from "../../shared/access/login/sole-proof.ts";
import { COMMAND_LINE_APP_ID, SIGN_IN_SEGMENT } from "../../shared/access/sessions/types.ts";
import type { Bindings } from "../platform/env.ts";
import { type Vouched, vouchedFor } from "./current-session.ts";

/**
 * What the session's object says about the token of a command line.
 * @param request What it shows of its sender is looked at for risk, unless it is null.
 */
export const commandLineSession = (
  cookie: string,
  bindings: Bindings,
  request: Request | null = null,
): Promise<Said<Vouched>> =>
  vouchedFor(request, cookie, bindings, { segmentId: SIGN_IN_SEGMENT, appId: COMMAND_LINE_APP_ID });
