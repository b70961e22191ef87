import { ApiError } from "../../shared/api/client.ts";
import { pause } from "../../shared/base/async/timer.ts";
import { type App, connect, type Hub } from "../app.ts";
import { readConfig, writeConfig } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { timer } from "../timer.ts";
import type { Founding, ProviderAnswer } from "./answers.ts";

/** What is done at the hub itself, once it runs. */

const TRY_EVERY_MS = 3_000;
/** A certificate for a new host takes Cloudflare a minute or so. */
const TRIES = 100;

/** The same for every run: one that lost the answer gets it again, within a day. */
const IDEMPOTENCY_KEY = "rustronaut-init";

/** The hub as the owner whose token this command line keeps; null where it keeps none, or it is not good any more. */
export async function ownerHub(app: App, origin: string): Promise<Hub | null> {
  const stored = await readConfig(app.io.env);
  if (stored?.hub !== origin) return null;
  const hub = connect(origin, stored.token);
  const me = await hub.client.call("me.get").catch((error) => {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  });
  if (me === null) return null;
  if (me.data.role === "owner") return hub;
  throw new Failure(EXIT.unauthorised, `You are signed in to ${origin} as ${me.data.role}`, {
    hint: `This needs an owner: \`rustronaut login ${origin}\` with an owner's token.`,
  });
}

/** Whether this command line keeps a token for the hub, whatever the hub would say to it now. */
export const isKnown = async (app: App, origin: string): Promise<boolean> =>
  (await readConfig(app.io.env))?.hub === origin;

/**
 * Creates the network and keeps its owner's token.
 * @returns Path of the file that holds the token.
 */
export async function found(
  app: App,
  origin: string,
  bootstrapToken: string,
  { network, owner }: Founding,
): Promise<string> {
  const { client } = connect(origin, bootstrapToken);
  const { data } = await whenReady(app, origin, () =>
    client.call("bootstrap.create", {
      body: { name: network, ownerEmail: owner },
      idempotencyKey: IDEMPOTENCY_KEY,
    }),
  );
  return writeConfig(app.io.env, { hub: origin, token: data.secret });
}

/** Asks until the hub can answer: its host, its certificate and its secrets take a while to be everywhere. */
export async function whenReady<T>(app: App, origin: string, ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (isFinal(error)) throw explained(error, origin);
      if (tries === TRIES) throw error;
      if (tries === 1) app.note(`Waiting until ${origin} answers…`);
      await pause(timer, TRY_EVERY_MS);
    }
  }
}

const isFinal = (error: unknown): error is ApiError =>
  error instanceof ApiError && [409, 422].includes(error.status);

function explained(error: ApiError, origin: string): Error {
  switch (error.problem.code) {
    case "conflict":
      return new Failure(EXIT.conflict, "The network exists already", {
        hint: `Run \`rustronaut login ${origin}\` with an owner's token, then this command again.`,
      });
    case "idempotency_mismatch":
      return new Failure(EXIT.conflict, "An earlier run made the network with another name or owner", {
        hint: "Run this command again with the --name and --owner of that run.",
      });
    default:
      return error;
  }
}

/** Whether the hub knows this provider already: by its issuer and client, whatever it is called. */
export async function hasProvider({ client }: Hub, wanted: ProviderAnswer): Promise<boolean> {
  const { data } = await client.call("identityProviders.list", { query: { limit: 100 } });
  return data.items.some(({ issuer, clientId }) => issuer === wanted.issuer && clientId === wanted.clientId);
}

/** @returns What would not work with it, in words. */
export async function addProvider({ client }: Hub, provider: ProviderAnswer): Promise<readonly string[]> {
  const { data } = await client.call("identityProviders.create", { body: provider });
  return data.problems ?? [];
}
