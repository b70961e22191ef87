import type { TrialAnswer } from "../../shared/access/login/provider-trial.ts";

/** The parts of an answer that a trial reads. A relative address is resolved against the requested address. */
export async function readTrialAnswer(response: Response, asked: URL): Promise<TrialAnswer> {
  const body: unknown = await response.json().catch(() => null);
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : null;
  const date = Date.parse(response.headers.get("Date") ?? "");
  const location = response.headers.get("Location");
  return {
    status: response.status,
    location: location && URL.canParse(location, asked) ? new URL(location, asked).href : null,
    error: typeof error === "string" ? error.slice(0, 100) : null,
    madeAt: Number.isFinite(date) ? date : null,
  };
}
