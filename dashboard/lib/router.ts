import { useSyncExternalStore } from "react";

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

export function navigate(...parts: readonly string[]): void {
  location.hash = routeTo(...parts);
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

const useHash = (): string => useSyncExternalStore(subscribe, () => location.hash);

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
