import { type Refusal, refusal } from "../base/errors/catalogue.ts";

/**
 * Why an upstream gave no answer, or no answer that can be passed on. `lost` may end by itself, and a new
 * connection may help. `offline` ends when an agent connects. The other faults last until somebody changes something.
 */
export type UpstreamFault = "forbidden" | "unconnectable" | "lost" | "timeout" | "malformed" | "offline";

/**
 * The fault behind a failed fetch. The run-time marks lost connections as retryable: refused, reset, closed,
 * or an answer that was not HTTP. A name that is not found and a certificate that is not accepted have their
 * own errors.
 */
export const faultOfError = (error: unknown): UpstreamFault =>
  (error as { readonly retryable?: unknown } | null)?.retryable === true ? "lost" : "unconnectable";

/** The status codes that the edge answers with if it could not reach an upstream. */
const EDGE_FAULTS: Readonly<Record<number, UpstreamFault>> = {
  520: "malformed",
  521: "lost",
  522: "lost",
  523: "unconnectable",
  524: "timeout",
  525: "unconnectable",
  526: "unconnectable",
  530: "unconnectable",
};

/**
 * The fault behind an answer, or null if the application itself answered. In production, fetch does not fail,
 * because the edge answers in place of the upstream.
 */
export function faultOfAnswer(status: number, server: string | null): UpstreamFault | null {
  if (status < 200 || status > 599) return "malformed";
  return server === "cloudflare" ? (EDGE_FAULTS[status] ?? null) : null;
}

/** @param isRepeatable Whether sending the request again changes nothing. */
export function refusalOfFault(fault: UpstreamFault, isRepeatable: boolean): Refusal {
  switch (fault) {
    case "forbidden":
      return refusal(
        "upstream_misconfigured",
        "Its upstream is an address that may not be dialled from here. An administrator has to change it.",
      );
    case "unconnectable":
      return refusal(
        "upstream_misconfigured",
        "No connection to it can be set up: the upstream's name is not found, or its certificate is not accepted. Tell the application's owner.",
      );
    case "malformed":
      return refusal(
        "upstream_malformed",
        "The application answered, but not as HTTP has it. Tell the application's owner.",
      );
    case "offline":
      return refusal(
        "upstream_unreachable",
        "None of its agents is connected, or none may serve it. Tell the application's owner.",
      );
    case "timeout":
      return refusal("upstream_timeout", "Try again; if it persists, tell the application's owner.");
    case "lost":
      return isRepeatable
        ? refusal("upstream_unreachable", "Try again; if it persists, tell the application's owner.")
        : refusal(
            "upstream_unreachable",
            "The connection to it broke before an answer came. Whether it acted on the request is not known: look before you send it again.",
          );
  }
}
