import { useApi } from "../api.ts";
import { providerWarnings } from "../lib/provider-warnings.ts";

/** Warnings about identity providers; nothing while there are none or they can't be read. */
export function ProviderNotices() {
  const providers = useApi("identityProviders.list", { query: { limit: 200 } });
  return providerWarnings(providers.data?.items ?? []).map((warning) => (
    <p key={warning} className="notice warn" role="status">
      {warning}
    </p>
  ));
}
