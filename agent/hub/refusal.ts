import { type HttpAnswer, HubAway } from "./http.ts";
import { parseAnswer, problemDocument } from "./schemas.ts";

/** The hub refused a request. */
export class HubRefused extends Error {
  override readonly name = "HubRefused";
  readonly code: string;
  readonly status: number;
  /**
   * Whether the session key proves that the refusal is the hub's. Without this proof, the agent must not take anything
   * away because of it.
   */
  readonly authentic: boolean;
  /** How many milliseconds the hub provably asked the node to wait, or 0. */
  readonly retryAfterMs: number;

  constructor(code: string, status: number, message: string, authentic: boolean, retryAfterMs: number) {
    super(message);
    this.code = code;
    this.status = status;
    this.authentic = authentic;
    this.retryAfterMs = retryAfterMs;
  }
}

const MAX_PROBLEM_BYTES = 64 * 1024;
/** Even the hub can't keep a node silent for longer than this. */
const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * Reads an answer outside of 2xx. The agent believes the requested pause only in the body of an authentic answer, which
 * the MAC covers. An attacker who can answer in the hub's place or change a header must not be able to silence a node.
 */
export function refusalOf(answer: HttpAnswer, authentic: boolean): HubRefused | HubAway {
  const { status } = answer;
  const problem = problemOf(answer);
  const seconds = authentic ? (problem?.retry_after_seconds ?? 0) : 0;
  const retryAfterMs = Math.min(seconds * 1_000, LONGEST_WAIT_MS);
  if (status >= 500) return new HubAway(`The hub is in trouble (${status})`, retryAfterMs);
  if (!problem) return new HubAway(`Something that is not a hub answered (${status})`);
  const { code, title, detail } = problem;
  return new HubRefused(code, status, [title, detail].filter(Boolean).join(": "), authentic, retryAfterMs);
}

/**
 * What an answer is worth to a node that can verify it. Anybody may claim that the agent is too old, so such a claim is only
 * passed on: it says how to upgrade from the hub that the node knows, with no word of the answer itself.
 */
export function refusalTo(answer: HttpAnswer, authentic: boolean, hubOrigin: string): HubRefused | HubAway {
  const refusal = refusalOf(answer, authentic);
  if (authentic || answer.status !== 426 || refusal instanceof HubAway) return refusal;
  return new HubAway(
    `Something that does not prove to be the hub says that this agent is too old (426 upgrade_required). If it is, upgrade it: curl -fsSL ${hubOrigin}/install.sh | sudo sh`,
  );
}

function problemOf({ body }: HttpAnswer) {
  try {
    return parseAnswer(problemDocument, body, MAX_PROBLEM_BYTES);
  } catch {
    return null;
  }
}
