import type { Bindings } from "../platform/env.ts";
import { recheckGrants } from "../sign-in/recheck/index.ts";

/**
 * Has the provider asked about an identity now. That it is due is stored, so it is asked even if this run dies.
 *
 * @returns False if the provider can't be asked about it.
 */
export async function checkSoon(
  bindings: Bindings,
  ctx: ExecutionContext,
  identityId: string,
): Promise<boolean> {
  const { meta } = await bindings.db
    .prepare("UPDATE provider_grants SET due_at = ? WHERE identity_id = ?")
    .bind(Date.now(), identityId)
    .run();
  if (meta.changes === 0) return false;
  ctx.waitUntil(recheckGrants(bindings));
  return true;
}
