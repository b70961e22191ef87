import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { ACCESS_TOKEN_TYPE, EXCHANGE_GRANT, TOKEN } from "../../shared/access/login/command-line/request.ts";
import { type Config, configFolder, type Env, hubOrigin } from "../config.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { readIfThere, writePrivate } from "../private-file.ts";
import { failureOf, isRefusal, postForm } from "../sign-in/token-endpoint.ts";

/**
 * The sessions of this command line for TCP apps. They are kept, since each `ssh` runs `ssh-proxy` anew, and a person may
 * have only so many sessions of an app.
 */

const kept = z.object({
  /** The hash of the token that it came from, so that another sign-in begins anew. */
  from: z.string(),
  /** The app as it was asked for: a name or a host. */
  app: z.string(),
  origin: z.string(),
  token: z.string(),
  /** Milliseconds since the Unix epoch. */
  until: z.number(),
});
type Kept = z.infer<typeof kept>;

const MOST_KEPT = 50;
const pathOf = (env: Env): string => join(configFolder(env), "app-sessions.json");

/** Where an app is, and what shows there who calls. */
export interface AppSession {
  readonly origin: string;
  readonly token: string;
}

/**
 * The session of the signed-in command line for an app.
 * @param refused A session that the app's host does not take any more. Another one is asked for.
 * @throws Failure when the hub gives none.
 */
export async function appSession(
  env: Env,
  signedIn: Config,
  app: string,
  refused?: AppSession,
): Promise<AppSession> {
  const from = createHash("sha256").update(`${signedIn.hub} ${signedIn.token}`).digest("base64url");
  const others = (await readKept(env)).filter(
    (one) => one.until > Date.now() && one.token !== refused?.token,
  );
  const known = others.find((one) => one.from === from && one.app === app);
  if (known) return known;
  const opened = { from, app, ...(await exchange(signedIn, app)) };
  const all = [opened, ...others].slice(0, MOST_KEPT);
  await writePrivate(pathOf(env), `${JSON.stringify(all, null, 2)}\n`);
  return opened;
}

/** A damaged file is as good as none: what is in it can be had again. */
async function readKept(env: Env): Promise<readonly Kept[]> {
  try {
    return z.array(kept).parse(JSON.parse((await readIfThere(pathOf(env))) ?? "[]"));
  } catch {
    return [];
  }
}

const answer = z.object({ access_token: z.string(), expires_in: z.number(), resource: z.string() });

async function exchange({ hub, token }: Config, app: string): Promise<Omit<Kept, "from" | "app">> {
  const answered = await postForm(
    new URL(TOKEN, hub).href,
    {
      grant_type: EXCHANGE_GRANT,
      subject_token: token,
      subject_token_type: ACCESS_TOKEN_TYPE,
      audience: app,
    },
    answer,
  );
  if (isRefusal(answered)) {
    if (answered.error !== "invalid_target" && answered.error !== "slow_down") throw failureOf(answered);
    const isUnknown = answered.error === "invalid_target";
    throw new Failure(isUnknown ? EXIT.notFound : EXIT.unavailable, `${app} can't be opened`, {
      detail: answered.error_description,
    });
  }
  const { access_token, expires_in, resource } = answered;
  return { origin: hubOrigin(resource), token: access_token, until: Date.now() + expires_in * 1_000 };
}
