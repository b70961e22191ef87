import { type Client, createClient } from "../../shared/api/client.ts";
import type { NetworkDocument } from "../../shared/api/document.ts";
import { localRequest } from "./http.ts";

/** A client of the local hub. The name of the hub need not be in DNS. */
export function localClient(hubOrigin: string, token: string): Client {
  return createClient({
    baseUrl: hubOrigin,
    token,
    fetch: async (url, init) => {
      const { status, headers, text } = await localRequest(url, init);
      const get = (name: string) => {
        const value = headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(", ") : (value ?? null);
      };
      return { status, ok: status >= 200 && status < 300, headers: { get }, text: async () => text };
    },
  });
}

/** Creates the network and returns its owner's API token. This is possible only once for a network. */
export async function createNetwork(
  hubOrigin: string,
  bootstrapToken: string,
  name: string,
  ownerEmail: string,
): Promise<string> {
  const { data } = await localClient(hubOrigin, bootstrapToken).call("bootstrap.create", {
    body: { name, ownerEmail },
  });
  return data.secret;
}

/** Changes the network to match the document. Things that the document doesn't name stay. */
export async function applyNetwork(client: Client, document: NetworkDocument): Promise<void> {
  const { data: plan } = await client.call("network.plan", { body: { document } });
  if (plan.steps.length > 0)
    await client.call("network.apply", { body: { document, baseVersion: plan.baseVersion } });
}
