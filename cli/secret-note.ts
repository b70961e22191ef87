import { SERVICE_TOKEN_HEADER } from "../shared/http/headers.ts";
import type { Hub } from "./app.ts";

/** What to do with a secret that was just made, as lines to copy. */
export async function secretNote(hub: Hub, prefix: string, secret: string): Promise<string> {
  const once = "The secret is shown only this once; keep it where secrets belong.";
  switch (prefix) {
    case "serviceTokens":
      return `${once} A program sends it in this header:

  curl -H '${SERVICE_TOKEN_HEADER}: ${secret}' ${await someApp(hub)}
`;
    case "apiTokens":
      return `${once} Programs send it to the hub in this header:

  curl -H 'Authorization: Bearer ${secret}' ${hub.origin}/api/v1/me

This command line takes it from RUSTRONAUT_TOKEN, or by \`rustronaut login ${hub.origin} --token\`.`;
    case "scimTokens":
      return `${once} Give the identity provider this address, and the secret as its bearer token:

  ${hub.origin}/scim/v2

docs/sign-in/scim.md has the settings of Okta, Entra ID, authentik and Keycloak.`;
    default:
      return once;
  }
}

/** The address of an app of the network, so that the line is whole. */
async function someApp(hub: Hub): Promise<string> {
  const { data } = await hub.client.call("apps.list", { query: { limit: "1" } });
  const { protocol, port } = new URL(hub.origin);
  const host = data.items[0]?.host ?? "YOUR-APP";
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}/`;
}
