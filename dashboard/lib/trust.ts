/** What a root document says, for display: whoever relies on a root verifies its signatures. */
export interface RootSummary {
  readonly version: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** How many of its root keys must sign the next one. */
  readonly threshold: number;
  readonly rootKeys: number;
}

/** Reads a root out of its DSSE envelope; null for what is none. */
export function summariseRoot(envelope: string): RootSummary | null {
  try {
    const bytes = Uint8Array.from(atob(JSON.parse(envelope).payload), (char) => char.charCodeAt(0));
    const { version, issuedAt, expiresAt, roles } = JSON.parse(new TextDecoder().decode(bytes));
    const { threshold, keyIds } = roles.root;
    return { version, issuedAt, expiresAt, threshold, rootKeys: keyIds.length };
  } catch {
    return null;
  }
}

const WARN_BEFORE = 30 * 86_400_000;

/** @returns How urgent a new root is. */
export function rootUrgency(expiresAt: number, now: number): "good" | "warn" | "bad" {
  if (expiresAt <= now) return "bad";
  return expiresAt - now < WARN_BEFORE ? "warn" : "good";
}
