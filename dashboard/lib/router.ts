import { useSyncExternalStore } from "react";

/** The place in the address is the fragment (`#/apps/wiki`), so that any static host can serve the dashboard. */

/** The decoded parts of a fragment; an undecodable part stays as it is. */
export function parseRoute(hash: string): string[] {
  return hash
    .replace(/^#/, "")
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

export function useRoute(): string[] {
  return parseRoute(useSyncExternalStore(subscribe, () => location.hash));
}
