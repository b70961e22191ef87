import { isResource } from "../../../shared/access/oauth/request.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshSnapshot, newestSnapshot, type Snapshot } from "../../registry/snapshot.ts";
import { appUrl } from "../../session/app-url.ts";

/**
 * The app whose host a resource names, under this host, if it takes OAuth clients (RFC 8707 §2). It may be newer than what
 * we know.
 */
export async function appOfResource(bindings: Bindings, resource: string): Promise<SnapshotApp | null> {
  if (!isResource(resource)) return null;
  const { origin, hostname } = new URL(resource);
  const find = ({ appByHost }: Snapshot) => {
    const app = appByHost.get(hostname);
    return app && app.settings.oauthClients !== "none" && originOf(bindings, app.host) === origin
      ? app
      : null;
  };
  return find(await freshSnapshot(bindings)) ?? find(await newestSnapshot(bindings));
}

/** The app of this id, if it takes OAuth clients. */
export async function appTakingClients(bindings: Bindings, id: string): Promise<SnapshotApp | null> {
  const { apps } = await freshSnapshot(bindings);
  const app = apps.find((one) => one.id === id);
  return app && app.settings.oauthClients !== "none" ? app : null;
}

const originOf = (bindings: Bindings, host: string): string => new URL(appUrl(bindings, host)).origin;

/** The host of an app, with the port that browsers use. */
export const hostOf = (bindings: Bindings, { host }: Pick<SnapshotApp, "host">): string =>
  new URL(appUrl(bindings, host)).host;

/** Which clients some app of the network takes. */
export async function takenClients(bindings: Bindings): Promise<"none" | "registered" | "any"> {
  const taken = ({ apps }: Snapshot) => new Set(apps.map(({ settings }) => settings.oauthClients));
  const known = taken(await freshSnapshot(bindings));
  const all = known.has("any") ? known : taken(await newestSnapshot(bindings));
  return all.has("any") ? "any" : all.has("registered") ? "registered" : "none";
}
