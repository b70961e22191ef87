import { type HttpAnswer, HubAway, retryAfterOf } from "./http.ts";
import { parseAnswer, problemDocument } from "./schemas.ts";

/** The hub said no. */
export class HubRefused extends Error {
  override readonly name = "HubRefused";
  readonly code: string;
  readonly status: number;
  /** Whether the session key proves that the hub said so. Without it, nothing may be torn down for it. */
  readonly authentic: boolean;
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

/** What an answer outside of 2xx means. */
export function refusalOf(answer: HttpAnswer, authentic: boolean): HubRefused | HubAway {
  const { status, body } = answer;
  const retryAfterMs = retryAfterOf(answer);
  if (status >= 500) return new HubAway(`The hub is in trouble (${status})`, retryAfterMs);
  try {
    const { code, title, detail } = parseAnswer(problemDocument, body, MAX_PROBLEM_BYTES);
    return new HubRefused(code, status, [title, detail].filter(Boolean).join(": "), authentic, retryAfterMs);
  } catch {
    return new HubAway(`Something that is not a hub answered (${status})`, retryAfterMs);
  }
}
