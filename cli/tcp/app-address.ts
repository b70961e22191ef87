import type { App } from "../app.ts";
import { hubOrigin } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** Where an app is opened: by its URL or host, or by its name, which the hub then tells. */
export async function appAddress(app: App, reference: string): Promise<URL> {
  if (reference.includes("://")) return new URL(hubOrigin(reference));
  if (reference.includes(".")) return new URL(`https://${reference}`);
  const hub = await app.hub();
  const { data } = await hub.client.call("apps.get", { params: { app: reference } });
  // The app has the scheme and port of the network's own hosts.
  const url = new URL(hub.origin);
  url.hostname = data.host;
  return url;
}

/** What shows who calls. A service token, until a person's sign-in can be kept by this program. */
export function credentialHeaders(env: App["io"]["env"]): Record<string, string> {
  const token = env.RUSTRONAUT_SERVICE_TOKEN;
  if (token) return { "x-rustronaut-service-token": token };
  throw new Failure(EXIT.unauthorised, "Nothing says who you are", {
    hint: "Set RUSTRONAUT_SERVICE_TOKEN to a token of `rustronaut service-tokens create`.",
  });
}
