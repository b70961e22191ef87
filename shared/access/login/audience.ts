/**
 * What is wrong with the audiences of a provider's token, or null (OpenID Connect Core §3.1.3.7). Our client
 * must be one audience. The operator must trust every other audience. If `azp` is present, it must name our
 * client.
 */
export function audienceFault(
  { aud, azp }: { readonly aud?: unknown; readonly azp?: unknown },
  { clientId, trustedAudiences }: { readonly clientId: string; readonly trustedAudiences: readonly string[] },
): string | null {
  const audiences: unknown[] = [...new Set<unknown>(Array.isArray(aud) ? aud : [aud])];
  if (!audiences.includes(clientId)) return "aud is not this client";
  const strange = audiences.find(
    (audience) => audience !== clientId && !trustedAudiences.some((trusted) => trusted === audience),
  );
  if (strange !== undefined) return "aud names others than this client and the trusted audiences";
  if (azp !== undefined && azp !== clientId) return "azp is not this client";
  return audiences.length > 1 && azp === undefined ? "azp is missing beside several audiences" : null;
}
