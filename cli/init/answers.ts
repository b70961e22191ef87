import * as z from "zod/mini";
import * as f from "../../shared/api/fields.ts";
import type { App } from "../app.ts";
import { hubOrigin as safeOrigin } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { answerTo } from "./question.ts";
import type { Route, Settings } from "./wrangler-file.ts";

/** Where the deployment is reached. */
export interface Places {
  readonly authOrigin: string;
  readonly hubOrigin: string;
  /** The domain below which the apps are: `apps.example.com` for `wiki.apps.example.com`. */
  readonly apps: string;
  readonly zone: string;
}

export interface Founding {
  readonly network: string;
  /** As the identity provider gives it: by any other address the owner would be somebody else. */
  readonly owner: string;
}

export interface ProviderAnswer {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
}

/** What can be said on the command line, as commander names it. */
export interface InitOptions {
  readonly zone?: string;
  readonly authHost?: string;
  readonly hubHost?: string;
  readonly appsHost?: string;
  readonly name?: string;
  readonly owner?: string;
  /** False for none. */
  readonly provider?: string | false;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly account?: string;
  readonly secretKeyFile?: string;
  readonly config: string;
  readonly wrangler?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly check?: boolean;
}

/** A host name, or on this machine an origin such as `http://hub.localhost:8787`. */
const place = z.union([f.host, f.origin], "must be a host name such as hub.example.com");

/** @param set What `wrangler.toml` says already: it is not asked for again. */
export async function askPlaces(app: App, options: InitOptions, set: Settings): Promise<Places> {
  const asks = app.io.interactive && !options.yes;
  const say = (flag: string, words: string, given: string | undefined, fallback: string | undefined) =>
    answerTo(app.io, { flag, words, schema: place, ...(fallback ? { fallback } : {}) }, given, asks);
  const wildcard = set.routes.flatMap((route) =>
    "zone_name" in route && route.pattern.startsWith("*.") ? [route] : [],
  )[0];
  const zone = await say("--zone", "Domain in your Cloudflare account", options.zone, wildcard?.zone_name);
  const auth = options.authHost ?? set.authOrigin ?? undefined;
  const hub = options.hubHost ?? set.hubOrigin ?? undefined;
  const authOrigin = originOf(await say("--auth-host", "Host where people sign in", auth, `auth.${zone}`));
  const hubOrigin = originOf(await say("--hub-host", "Host where you administrate", hub, `hub.${zone}`));
  const apps = await say(
    "--apps-host",
    "Domain below which the apps are",
    options.appsHost ?? wildcard?.pattern.slice(2).replace(/\/\*$/, ""),
    `apps.${zone}`,
  );
  const places = { authOrigin, hubOrigin, apps, zone };
  checkPlaces(places);
  return places;
}

const originOf = (text: string): string =>
  text.includes("://") ? safeOrigin(text) : safeOrigin(`https://${text}`);

/** @throws Failure where a host is not in the zone, or two of them are one. */
function checkPlaces({ authOrigin, hubOrigin, apps, zone }: Places): void {
  const hosts = [authOrigin, hubOrigin].map((origin) => new URL(origin).hostname);
  for (const host of [...hosts, apps]) {
    if (host !== zone && !host.endsWith(`.${zone}`))
      throw new Failure(EXIT.usage, `${host} is not in ${zone}`, {
        hint: "All hosts must be in the domain that your Cloudflare account serves.",
      });
  }
  if (hosts[0] === hosts[1]) throw new Failure(EXIT.usage, "People sign in and administrate on two hosts");
  if (apps === zone)
    throw new Failure(EXIT.usage, `*.${zone} would take every host of ${zone}`, {
      hint: `Choose a domain below it, such as apps.${zone}.`,
    });
}

export const routesOf = ({ authOrigin, hubOrigin, apps, zone }: Places): readonly Route[] => [
  { pattern: new URL(authOrigin).hostname, custom_domain: true },
  { pattern: new URL(hubOrigin).hostname, custom_domain: true },
  { pattern: `*.${apps}/*`, zone_name: zone },
];

export async function askFounding(app: App, options: InitOptions, zone: string): Promise<Founding> {
  const asks = app.io.interactive && !options.yes;
  const network = {
    flag: "--name",
    words: "What people know the network by",
    schema: f.name,
    fallback: zone,
  };
  const owner = {
    flag: "--owner",
    words: "Your e-mail address, exactly as your identity provider gives it",
    schema: f.email,
  };
  return {
    network: await answerTo(app.io, network, options.name, asks),
    owner: await answerTo(app.io, owner, options.owner, asks),
  };
}

/** Null where it is left for later. */
export async function askProvider(app: App, options: InitOptions): Promise<ProviderAnswer | null> {
  const asks = app.io.interactive && !options.yes;
  if (options.provider === false || (!asks && options.issuer === undefined)) return null;
  const issuer = {
    flag: "--issuer",
    words: "Issuer URL of your OpenID provider (empty for later)",
    schema: z.union([f.url, z.literal("")], "must be a URL"),
    fallback: "",
  };
  const given = await answerTo(app.io, issuer, options.issuer, asks);
  if (given === "") return null;
  const clientId = { flag: "--client-id", words: "Client id that it gave you", schema: f.line(500) };
  const name = {
    flag: "--provider",
    words: "What the sign-in page calls it",
    schema: f.name,
    fallback: new URL(given).hostname,
  };
  return {
    issuer: given,
    clientId: await answerTo(app.io, clientId, options.clientId, asks),
    clientSecret: await clientSecret(app, options, asks),
    name: await answerTo(app.io, name, options.provider, asks),
  };
}

async function clientSecret(app: App, options: InitOptions, asks: boolean): Promise<string | null> {
  const path = options.clientSecretFile;
  if (path !== undefined)
    return (path === "-" ? await app.io.readStdin() : await app.io.readFile(path)).trim();
  const question = {
    flag: "--client-secret-file",
    words: "Client secret (empty for a public client)",
    schema: f.line(2_000),
    fallback: "",
    secret: true,
  };
  return (await answerTo(app.io, question, undefined, asks)) || null;
}
