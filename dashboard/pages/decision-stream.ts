import { useEffect, useState } from "react";
import type { RequestFacts } from "../../shared/access/policy/request.ts";
import { type RowOf, urlOf } from "../api.ts";
import { belongs, isLive } from "../lib/log-filter.ts";
import type { Filters } from "../lib/router.ts";
import { useLog } from "../lib/use-log.ts";

export type Decision = RowOf<"decisions.list">;

/** The newest that arrived while the page was open; older ones are found by the search. */
const KEPT = 500;

export type StreamState = "connecting" | "live" | "paused" | "past" | "closed";
export const STREAM_WORDS: Readonly<Record<StreamState, string>> = {
  connecting: "Connecting",
  live: "Live",
  paused: "Paused",
  past: "Not live: the search ends in the past",
  closed: "Disconnected: reload to sign in",
};

export const STREAM_CLASS: Readonly<Record<StreamState, string>> = {
  connecting: "warn",
  live: "good",
  paused: "",
  past: "",
  closed: "bad",
};

/**
 * The decisions that a search finds, and every new one that belongs to them as it is made. The browser resumes a lost
 * stream by itself behind the last event it saw; a pause ends the stream, and the end of the pause resumes behind the last
 * row shown.
 */
export function useDecisions(filters: Filters, paused: boolean) {
  const query = useLog("decisions.list", filters);
  const [arrived, setArrived] = useState<readonly Decision[]>([]);
  const [stream, setStream] = useState<StreamState>("connecting");
  const loaded = query.data !== undefined;
  const live = isLive(filters);
  const found = query.data ?? [];
  const rows = live
    ? merge(
        arrived.filter((row) => belongs(row, filters)),
        found,
      )
    : found;
  const newest = rows[0]?.leaf;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `newest` is only where the stream begins
  useEffect(() => {
    if (!loaded || paused || !live) {
      if (paused || !live) setStream(live ? "paused" : "past");
      return;
    }
    setStream("connecting");
    const source = new EventSource(
      urlOf("decisions.stream", { query: newest === undefined ? {} : { after: newest } }),
    );
    const take = (event: MessageEvent<string>) => {
      const decision = JSON.parse(event.data) as Decision;
      setArrived((before) => merge([decision], before).slice(0, KEPT));
    };
    source.addEventListener("open", () => setStream("live"));
    source.addEventListener("message", take);
    source.addEventListener("decision", take);
    source.addEventListener("error", () =>
      setStream(source.readyState === EventSource.CLOSED ? "closed" : "connecting"),
    );
    return () => source.close();
  }, [loaded, paused, live]);

  return { query, rows, stream };
}

/** Both lists as one, newest first, each decision once. */
export function merge(newer: readonly Decision[], older: readonly Decision[]): Decision[] {
  const byLeaf = new Map([...older, ...newer].map((row) => [row.leaf, row]));
  return [...byLeaf.values()].sort((a, b) => b.leaf - a.leaf);
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
