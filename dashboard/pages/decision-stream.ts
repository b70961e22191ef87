import { useEffect, useState } from "react";
import type { RequestFacts } from "../../shared/access/policy/request.ts";
import { type RowOf, urlOf, useApi } from "../api.ts";

export type Decision = RowOf<"decisions.list">;

/** The newest kept on the page; older ones are in the audit log. */
const KEPT = 500;

export type StreamState = "connecting" | "live" | "paused" | "closed";
export const STREAM_WORDS: Readonly<Record<StreamState, string>> = {
  connecting: "Connecting",
  live: "Live",
  paused: "Paused",
  closed: "Disconnected: reload to sign in",
};

export const STREAM_CLASS: Readonly<Record<StreamState, string>> = {
  connecting: "warn",
  live: "good",
  paused: "",
  closed: "bad",
};

/**
 * The latest decisions, then every new one as it is made. The browser resumes a lost stream by itself behind the
 * last event it saw; a pause ends the stream, and the end of the pause resumes behind the last row shown.
 */
export function useDecisions(outcome: "allow" | "deny" | undefined, paused: boolean) {
  const query = useApi("decisions.list", { query: { limit: 50, ...(outcome && { decision: outcome }) } });
  const [arrived, setArrived] = useState<readonly Decision[]>([]);
  const [stream, setStream] = useState<StreamState>("connecting");
  const loaded = query.data !== undefined;
  const rows = merge(arrived, query.data?.items ?? []).filter((row) => !outcome || row.decision === outcome);
  const newest = rows[0]?.leaf;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `newest` is only where the stream begins
  useEffect(() => {
    if (!loaded || paused) {
      if (paused) setStream("paused");
      return;
    }
    setStream("connecting");
    const source = new EventSource(
      urlOf("decisions.stream", {
        query: { ...(newest !== undefined && { after: newest }), ...(outcome && { decision: outcome }) },
      }),
    );
    const take = (event: MessageEvent<string>) => {
      const decision = JSON.parse(event.data) as Decision;
      setArrived((before) => merge([decision], before));
    };
    source.addEventListener("open", () => setStream("live"));
    source.addEventListener("message", take);
    source.addEventListener("decision", take);
    source.addEventListener("error", () =>
      setStream(source.readyState === EventSource.CLOSED ? "closed" : "connecting"),
    );
    return () => source.close();
  }, [loaded, paused, outcome]);

  return { query, rows, stream };
}

/** Both lists as one, newest first, each decision once. */
export function merge(newer: readonly Decision[], older: readonly Decision[]): Decision[] {
  const byLeaf = new Map([...older, ...newer].map((row) => [row.leaf, row]));
  return [...byLeaf.values()].sort((a, b) => b.leaf - a.leaf).slice(0, KEPT);
}

// The wire type of the facts is open, so that old records stay readable; these read them with care.
const factsOf = (row: { readonly facts: object }) => row.facts as Partial<RequestFacts>;

export function callerOf(row: { readonly facts: object }): string {
  const principal = factsOf(row).principal;
  if (principal?.type === "User") return principal.email;
  return principal?.type === "ServiceToken" ? `token ${principal.name}` : "anyone";
}

export function placeOf(row: { readonly facts: object }): string {
  const request = factsOf(row).request;
  return request ? `${request.method} ${request.path}` : "";
}
