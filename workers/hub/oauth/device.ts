import { NO_HOST } from "../../../shared/access/login/attempts.ts";
import { CLIENT_ID, DEVICE_PAGE, machineName } from "../../../shared/access/login/command-line/request.ts";
import { hyphenated, newUserCode } from "../../../shared/access/login/command-line/user-code.ts";
import { DEVICES_PER_NETWORK, POLL_SECONDS } from "../../../shared/access/login/rate.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { ATTEMPT_TTL_MS } from "../../../shared/access/login/types.ts";
import { COMMAND_LINE_APP_ID } from "../../../shared/access/sessions/types.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { newSecret, randomBytes } from "../../platform/random.ts";
import { addressOf, admitNetwork } from "../../session/client-network.ts";
import { attemptOfUserCode } from "../../session/device-attempt.ts";
import { oauthAnswer, oauthError, tooMany } from "../../session/oauth-answers.ts";

/**
 * `POST /oauth/device_authorization`: a command line on a machine without a browser asks for a code that its person
 * types elsewhere (RFC 8628 §3.1). There is no `verification_uri_complete`: a link that contains the code would be all
 * that a swindler has to send.
 */
export async function authorizeDevice(
  request: Request,
  form: URLSearchParams,
  bindings: Bindings,
): Promise<Response> {
  if (form.get("client_id") !== CLIENT_ID) return oauthError("invalid_client", "This program is not known.");
  const machine = machineName(form.get("machine"));
  if (machine === null) return oauthError("invalid_request", "Say on which machine the program runs.");
  const wait = await admitNetwork(request, bindings, "device", DEVICES_PER_NETWORK);
  if (wait > 0) return tooMany("Too many command lines of your network asked to be signed in.", wait);
  const userCode = newUserCode(randomBytes);
  const secret = newSecret();
  const id = await attemptOfUserCode(bindings, userCode);
  // Two living attempts with one code are as unlikely as a right guess. The second one fails here, and is asked again.
  await attemptsObject(bindings, id).start(id, {
    kind: "app",
    appId: COMMAND_LINE_APP_ID,
    host: NO_HOST,
    returnTo: "/",
    browserHash: hashSecret(secret),
    clientMark: "",
    signInAfter: null,
    commandLine: { via: "device", machine, address: addressOf(request) },
  });
  return oauthAnswer({
    device_code: `${id}.${secret}`,
    user_code: hyphenated(userCode),
    verification_uri: `${bindings.hubOrigin}${DEVICE_PAGE}`,
    expires_in: ATTEMPT_TTL_MS / 1_000,
    interval: POLL_SECONDS,
  });
}
