import { SIGN_IN_COOKIE } from "../../shared/access/login/session-cookie.ts";
import { SIGN_IN_SEGMENT } from "../../shared/access/sessions/types.ts";
import type { Bindings } from "../platform/env.ts";
import { currentSession } from "../session/current-session.ts";

/** The browser's sign-in session at the auth host. */
export const signInSession = (request: Request, bindings: Bindings) =>
  currentSession(request, bindings, SIGN_IN_COOKIE, { segmentId: SIGN_IN_SEGMENT, appId: null });
