import { attemptCookieName } from "../../../shared/access/login/attempt-cookies.ts";
import { DEVICE_PAGE } from "../../../shared/access/login/command-line/request.ts";
import { typedUserCode } from "../../../shared/access/login/command-line/user-code.ts";
import { USER_CODES_PER_NETWORK } from "../../../shared/access/login/rate.ts";
import { deviceCodePage, htmlResponse } from "../../pages/index.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { refusalPage } from "../../session/answers.ts";
import { attemptCookies } from "../../session/attempt-cookie.ts";
import { admitNetwork } from "../../session/client-network.ts";
import { cookieValues } from "../../session/cookies.ts";
import { attemptOfUserCode } from "../../session/device-attempt.ts";
import { isSameOriginPost, readForm } from "../../session/same-site.ts";
import { startLink } from "../continue-link.ts";
import { goOn } from "../go-on.ts";

const page = (problem: string | null, status: number, reason: string, headers: HeadersInit = {}): Response =>
  htmlResponse(deviceCodePage({ action: DEVICE_PAGE, problem }), status, reason, headers);

/** `GET /device`: asks for the code of a command line. */
export const askUserCode = (): Response => page(null, 200, "ask_user_code");

/**
 * `POST /device`: finds the command line that the code names, and goes on like any sign-in. The person signs in, if
 * need be, and is then asked.
 */
export async function takeUserCode(request: Request, bindings: Bindings): Promise<Response> {
  if (!isSameOriginPost(request)) {
    return refusalPage("csrf_rejected", "Type the code on this site.", { retryUrl: DEVICE_PAGE });
  }
  const wait = await admitNetwork(request, bindings, "user-code", USER_CODES_PER_NETWORK);
  if (wait > 0) {
    const minutes = Math.ceil(wait / 60_000);
    return page(
      `Too many codes were typed in your network. Try again in ${minutes} minutes.`,
      429,
      "rate_limited",
      {
        "Retry-After": String(Math.ceil(wait / 1_000)),
      },
    );
  }
  const code = typedUserCode((await readForm(request))?.get("code") ?? "");
  if (code === null) return page("This is not such a code: it has eight letters.", 400, "not_a_user_code");
  const id = await attemptOfUserCode(bindings, code);
  const attempt = await attemptsObject(bindings, id).peekApp(id);
  if (attempt?.commandLine?.via !== "device")
    return page("No command line waits with this code. It works for ten minutes.", 404, "unknown_user_code");
  return goOn(startLink(id), "user_code_known", attemptCookies(request, id, id), "The code is right");
}

/**
 * Whether the code of this attempt was typed in this browser. Whoever asked for the code knows the attempt's id, and so
 * could send a link to the question itself. Then one click of another person would be enough.
 */
export const wasTypedHere = (request: Request, id: string): boolean =>
  cookieValues(request, attemptCookieName(id)).includes(id);
