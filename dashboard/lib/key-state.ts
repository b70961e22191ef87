interface Key {
  readonly uses: number;
  readonly maxUses: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

/** Whether the key still lets nodes in, and if not, why. */
export function keyState(key: Key, now: number): "usable" | "revoked" | "expired" | "used up" {
  if (key.revokedAt !== null) return "revoked";
  if (key.expiresAt <= now) return "expired";
  return key.uses >= key.maxUses ? "used up" : "usable";
}
