import { type Client, createClient } from "../../shared/api/client.ts";
import type { NetworkDocument } from "../../shared/api/document.ts";
import { localRequest } from "./http.ts";

/** A client of the local hub; the name needs no resolver. */
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

/** Creates the network, once in its life, and returns its owner's API token. */
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

/** Makes the network what the document says; what the document does not name stays. */
export async function applyNetwork(client: Client, document: NetworkDocument): Promise<void> {
  const { data: plan } = await client.call("network.plan", { body: { document } });
  if (plan.steps.length > 0)
    await client.call("network.apply", { body: { document, baseVersion: plan.baseVersion } });
}
