import { useSyncExternalStore } from "react";
import { goesOn, type Place, placeOf } from "./leaving.ts";

/**
 * The place in the address is the fragment (`#/apps/wiki`), so that any static host can serve the dashboard. Behind a
 * question mark stands what a page filters by, so that a search can be kept and sent on.
 */

/** The decoded parts of a fragment; an undecodable part stays as it is. */
export function parseRoute(hash: string): string[] {
  return hash
    .replace(/^#/, "")
    .replace(/\?.*$/s, "")
    .split("/")
    .filter((part) => part !== "")
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

export function routeTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

let isMeant = false;

/** Goes to a place because of what was just done: what stands in forms is saved or given up, so nothing is asked. */
export function navigate(...parts: readonly string[]): void {
  const target = routeTo(...parts);
  isMeant = target !== location.hash;
  location.hash = target;
}

/** What is shown. It differs from the address only while the browser goes back to it. */
let shown: Place | null = null;
const listeners = new Set<() => void>();

/** Links, the browser's buttons and written addresses all come by here: what would be lost is asked for first. */
function onHashChange(): void {
  const before = shown ?? placeOf(location.hash, history.state);
  if (location.hash === before.hash) return;
  const next = placeOf(location.hash, history.state, before);
  const meant = isMeant;
  isMeant = false;
  if (!meant && isElsewhere(before.hash, next.hash) && !goesOn()) {
    history.go(before.at - next.at);
    return;
  }
  show(next);
  for (const listener of listeners) listener();
}

/** Each entry of the browser's history says the how many-th it is: a step can so be taken back in its direction. */
function show(place: Place): void {
  shown = place;
  history.replaceState({ at: place.at }, "");
}

/** Other filters of the same page lose nothing. */
const isElsewhere = (a: string, b: string): boolean => a.replace(/\?.*$/s, "") !== b.replace(/\?.*$/s, "");

function subscribe(listener: () => void): () => void {
  if (shown === null) {
    show(placeOf(location.hash, history.state));
    addEventListener("hashchange", onHashChange);
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const useHash = (): string => useSyncExternalStore(subscribe, () => shown?.hash ?? location.hash);

export function useRoute(): string[] {
  return parseRoute(useHash());
}

export type Filters = Readonly<Record<string, string>>;

/** What stands behind the question mark of a fragment. */
export const parseFilters = (hash: string): Filters =>
  Object.fromEntries(new URLSearchParams(/\?(.*)$/s.exec(hash)?.[1] ?? ""));

/** The address of a place with its filters; those that are empty are left out. */
export function routeWith(filters: Filters, ...parts: readonly string[]): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  return routeTo(...parts) + (query === "" ? "" : `?${query}`);
}

/** The filters in the address, and a way to replace them. */
export function useFilters(): [Filters, (filters: Filters) => void] {
  const hash = useHash();
  const set = (filters: Filters) => {
    location.hash = routeWith(filters, ...parseRoute(location.hash));
  };
  return [parseFilters(hash), set];
}
