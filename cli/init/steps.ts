import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { readIfThere, readSecret, writePrivate } from "../private-file.ts";
import { type Founding, type Places, type ProviderAnswer, routesOf } from "./answers.ts";
import { addProvider, found, hasProvider, isKnown, ownerHub, whenReady } from "./hub.ts";
import type { Wrangler } from "./wrangler.ts";
import { readSettings, writeSettings } from "./wrangler-file.ts";

/** One thing that a deployment needs. Whatever stopped an earlier run, the step does what is left of it. */
export interface Step {
  readonly title: string;
  /** Whether nothing is left to do. */
  readonly isDone: () => Promise<boolean>;
  /** @returns What a person should know of it. */
  readonly run: () => Promise<string | undefined>;
}

export interface Deployment {
  readonly app: App;
  readonly wrangler: Wrangler;
  /** Path of `wrangler.toml`. */
  readonly config: string;
  readonly accountId: string | null;
  readonly places: Places;
  /** Null where the network exists, or nothing is known of its owner yet. */
  readonly founding: Founding | null;
  readonly provider: ProviderAnswer | null;
  /** Where SECRET_KEY is kept beside Cloudflare, which never shows it again. */
  readonly secretKeyFile: string | null;
}

export function stepsOf(deployment: Deployment): readonly Step[] {
  return [
    writeHosts(deployment),
    createDatabase(deployment),
    applyMigrations(deployment),
    setSecretKey(deployment),
    deploy(deployment),
    foundNetwork(deployment),
    removeBootstrapToken(deployment),
    ...(deployment.provider ? [createProvider(deployment, deployment.provider)] : []),
  ];
}

const NOT_YET = async () => false;

function writeHosts({ app, config, places, accountId }: Deployment): Step {
  const change = async () => {
    const text = await app.io.readFile(config);
    const { authOrigin, hubOrigin } = places;
    const routes = routesOf(places);
    return { text, changed: writeSettings(text, { authOrigin, hubOrigin, routes, accountId }) };
  };
  return {
    title: `Write the hosts and routes into ${config}`,
    isDone: async () => {
      const { text, changed } = await change();
      return text === changed;
    },
    run: async () => {
      await writeFile(config, (await change()).changed);
      return undefined;
    },
  };
}

function createDatabase({ app, config, wrangler }: Deployment): Step {
  const settings = async () => readSettings(await app.io.readFile(config));
  return {
    title: "Create the database (D1) and write its id into the file",
    isDone: async () => (await settings()).databaseId !== null,
    run: async () => {
      const { databaseName } = await settings();
      const find = async () => (await wrangler.databases()).find(({ name }) => name === databaseName);
      // An earlier run may have created it and not come to write its id.
      if (!(await find())) await wrangler.createDatabase(databaseName);
      const database = await find();
      if (!database)
        throw new Failure(EXIT.failure, `The database ${databaseName} was created but is not listed`, {
          hint: "Run this command again in a moment.",
        });
      const text = await app.io.readFile(config);
      await writeFile(config, writeSettings(text, { databaseId: database.uuid }));
      return undefined;
    },
  };
}

const applyMigrations = ({ app, config, wrangler }: Deployment): Step => ({
  title: "Bring the database to this release's schema",
  isDone: NOT_YET,
  run: async () => {
    await wrangler.migrate(readSettings(await app.io.readFile(config)).databaseName);
    return undefined;
  },
});

const setSecretKey = ({ wrangler, secretKeyFile }: Deployment): Step => ({
  title: "Set the secret SECRET_KEY, which seals what the database must not show",
  isDone: async () => (await wrangler.secrets()).includes("SECRET_KEY"),
  run: async () => {
    const key = secretKeyFile ? await keptKey(secretKeyFile) : randomSecret();
    await wrangler.putSecret("SECRET_KEY", key);
    return secretKeyFile
      ? `${secretKeyFile} holds it. Put it where your team keeps its secrets; a restored backup needs it.`
      : undefined;
  },
});

/** The file is written before Cloudflare gets the key: it is never in use and lost. */
async function keptKey(path: string): Promise<string> {
  if ((await readIfThere(path)) !== null) return (await readSecret(path)).trim();
  const key = randomSecret();
  await writePrivate(path, `${key}\n`);
  return key;
}

const deploy = ({ wrangler }: Deployment): Step => ({
  title: "Build and deploy the Worker with its dashboard (takes a minute)",
  isDone: NOT_YET,
  run: async () => {
    await wrangler.deploy();
    return undefined;
  },
});

const foundNetwork = ({ app, wrangler, places, founding }: Deployment): Step => ({
  title: "Create the network and its owner, and keep the owner's API token here",
  isDone: async () =>
    (await isKnown(app, places.hubOrigin)) &&
    (await whenReady(app, places.hubOrigin, () => ownerHub(app, places.hubOrigin))) !== null,
  run: async () => {
    if (!founding)
      throw new Failure(EXIT.unauthorised, "The owner's token that is kept here is not good any more", {
        hint: `Run \`rustronaut login ${places.hubOrigin}\`, then this command again.`,
      });
    const token = randomSecret();
    await wrangler.putSecret("BOOTSTRAP_TOKEN", token);
    const path = await found(app, places.hubOrigin, token, founding);
    return `${founding.owner} is the owner; the token is in ${path}.`;
  },
});

const removeBootstrapToken = ({ wrangler }: Deployment): Step => ({
  title: "Delete the secret BOOTSTRAP_TOKEN, which nothing needs any more",
  isDone: async () => !(await wrangler.secrets()).includes("BOOTSTRAP_TOKEN"),
  run: async () => {
    await wrangler.deleteSecret("BOOTSTRAP_TOKEN");
    return undefined;
  },
});

function createProvider({ app, places }: Deployment, provider: ProviderAnswer): Step {
  const hub = async () => {
    const known = await whenReady(app, places.hubOrigin, () => ownerHub(app, places.hubOrigin));
    if (known) return known;
    throw new Failure(EXIT.unauthorised, `Nobody is signed in to ${places.hubOrigin} here`);
  };
  return {
    title: `Add the identity provider ${provider.name}`,
    isDone: async () => hasProvider(await hub(), provider),
    run: async () => {
      const problems = await addProvider(await hub(), provider);
      return problems.join("\n") || undefined;
    },
  };
}

const randomSecret = (): string => randomBytes(32).toString("base64url");
