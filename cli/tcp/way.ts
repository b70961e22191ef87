import { isCommandLineToken } from "../../shared/access/login/command-line/token.ts";
import { singleFlight } from "../../shared/base/async/single-flight.ts";
import type { App } from "../app.ts";
import { currentConfig, hubOrigin } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type AppSession, appSession } from "./app-sessions.ts";
import { type Connection, openConnection } from "./connection.ts";

/** How an app is reached, and as whom. */
export interface Way {
  /** The host of the app, as people know it. */
  readonly host: string;
  /** @throws Failure when the gateway refuses the connection. */
  readonly open: () => Promise<Connection>;
}

/**
 * The way to an app: as a service token, if the environment names one, or else as the person who is signed in here.
 * @param reference The app's name, host or URL.
 */
export async function wayTo(app: App, reference: string): Promise<Way> {
  const token = app.io.env.RUSTRONAUT_SERVICE_TOKEN;
  return token ? asProgram(token, await appAddress(app, reference)) : asPerson(app, reference);
}

function asProgram(token: string, address: URL): Way {
  return {
    host: address.host,
    open: () => openConnection(address, { "x-rustronaut-service-token": token }),
  };
}

/** The hub says where the app is, so that the person's tokens go to no host that is not its own. */
async function asPerson({ io }: App, reference: string): Promise<Way> {
  const signedIn = await currentConfig(io.env);
  if (!isCommandLineToken(signedIn.token))
    throw new Failure(EXIT.unauthorised, "An API token opens no apps", {
      hint: "Sign in as yourself with `rustronaut login`, or set RUSTRONAUT_SERVICE_TOKEN.",
    });
  const name = reference.includes("://") ? new URL(hubOrigin(reference)).hostname : reference;
  let session = await appSession(io.env, signedIn, name);
  const renew = singleFlight(async () => {
    session = await appSession(io.env, signedIn, name, session);
  });
  const open = ({ origin, token }: AppSession) =>
    openConnection(new URL(origin), { authorization: `Bearer ${token}` });
  return {
    host: new URL(session.origin).host,
    open: async () => {
      const shown = session;
      try {
        return await open(shown);
      } catch (error) {
        if (!(error instanceof Failure) || error.exitCode !== EXIT.unauthorised) throw error;
        // The session may have ended, by its age say, although its person is signed in still.
        if (shown === session) await renew();
        return open(session);
      }
    },
  };
}

/** Where an app is opened: by its URL or host, or by its name, which the hub then tells. */
async function appAddress(app: App, reference: string): Promise<URL> {
  if (reference.includes("://")) return new URL(hubOrigin(reference));
  if (reference.includes(".")) return new URL(`https://${reference}`);
  const hub = await app.hub();
  const { data } = await hub.client.call("apps.get", { params: { app: reference } });
  // The app has the scheme and port of the network's own hosts.
  const url = new URL(hub.origin);
  url.hostname = data.host;
  return url;
}
