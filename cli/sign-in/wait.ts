import { ATTEMPT_TTL_MS } from "../../shared/access/login/types.ts";
import { TimedOut, within } from "../../shared/base/async/within.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { timer } from "../timer.ts";

/** Waits for the person's answer, until the attempt is over or the person presses Ctrl+C. */
export async function untilInterrupted<T>(
  io: Pick<Io, "interrupted">,
  answer: Promise<T>,
  ms: number = ATTEMPT_TTL_MS,
): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Failure(EXIT.interrupted, "Interrupted", { hint: "You are not signed in." }));
  if (io.interrupted.aborted) stop();
  io.interrupted.addEventListener("abort", stop, { once: true });
  try {
    return await within(timer, ms, Promise.race([answer, stopped]));
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
    throw new Failure(EXIT.unauthorised, "Nobody agreed in time", {
      hint: "Run `rustronaut login` again, and answer within ten minutes.",
    });
  } finally {
    io.interrupted.removeEventListener("abort", stop);
  }
}
