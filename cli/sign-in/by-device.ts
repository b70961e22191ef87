import * as z from "zod";
import { DEVICE_AUTHORIZATION, DEVICE_GRANT, TOKEN } from "../../shared/access/login/command-line/request.ts";
import { pause, type Timer } from "../../shared/base/async/timer.ts";
import { printable } from "../../shared/base/printable.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { timer } from "../timer.ts";
import {
  askForToken,
  failureOf,
  isRefusal,
  type OAuthRefusal,
  postForm,
  type SignedIn,
} from "./token-endpoint.ts";
import { untilInterrupted } from "./wait.ts";

const deviceCode = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.url({ protocol: /^https?$/ }),
  expires_in: z.number().min(1),
  interval: z.number().min(1).default(5),
});

/** Signs in by a code that the person types on another device (RFC 8628). */
export async function signInByDevice(io: Io, hub: string, machine: string): Promise<SignedIn> {
  const asked = await postForm(new URL(DEVICE_AUTHORIZATION, hub).href, { machine }, deviceCode);
  if (isRefusal(asked)) throw failureOf(asked);
  io.err(`On any device with a browser, open

  ${printable(asked.verification_uri)}

and type the code

  ${printable(asked.user_code)}

It works for ${Math.round(asked.expires_in / 60)} minutes. Give it to nobody. Waiting; Ctrl+C stops.
`);
  const grant = { grant_type: DEVICE_GRANT, device_code: asked.device_code };
  const ask = () => askForToken(new URL(TOKEN, hub).href, grant);
  return untilInterrupted(io, pollFor(ask, asked.interval, timer, io.interrupted), asked.expires_in * 1_000);
}

/**
 * Asks until the person has answered (RFC 8628 §3.5).
 *
 * @param seconds The pause before each question. Five more whenever the hub says that it is asked too often, or does
 * not answer at all.
 */
export async function pollFor(
  ask: () => Promise<SignedIn | OAuthRefusal>,
  seconds: number,
  timer: Timer,
  interrupted: AbortSignal,
): Promise<SignedIn> {
  for (let interval = seconds; !interrupted.aborted; ) {
    await pause(timer, interval * 1_000);
    const answer = await ask().catch((error: unknown) => {
      if (error instanceof Failure && error.exitCode === EXIT.unavailable) return "away" as const;
      throw error;
    });
    if (answer !== "away" && !isRefusal(answer)) return answer;
    if (answer !== "away" && answer.error === "authorization_pending") continue;
    if (answer !== "away" && answer.error !== "slow_down") throw failureOf(answer);
    interval += 5;
  }
  throw new Failure(EXIT.interrupted, "Interrupted");
}
