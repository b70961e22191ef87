import type { System } from "./harness.ts";
import { type RawResponse, rawRequest, sendRaw } from "./raw.ts";
import { Visitor } from "./visitor.ts";

/** Someone who is signed in to an app, and sends exactly the bytes that a test wants. */
export interface Attacker {
  readonly visitor: Visitor;
  /** The Cookie header line of the app host. */
  readonly cookie: string;
  /** Sends one request to the app and says how many requests reached the upstream because of it. */
  send(
    target: string,
    lines?: readonly string[],
    method?: string,
    host?: string,
  ): Promise<RawResponse & { readonly hits: number }>;
}

export async function signIn(system: System, user = "alice", origin = system.appOrigin): Promise<Attacker> {
  const visitor = new Visitor();
  const { response } = await visitor.visit(`${origin}/`, user);
  if (response.status !== 200)
    throw new Error(`${user} could not sign in: ${response.status} ${response.text.slice(0, 500)}`);
  system.upstream.reset();
  const cookie = `Cookie: ${visitor.cookieHeader(origin)}`;
  const { host } = new URL(origin);
  return {
    visitor,
    cookie,
    send: (target, lines = [], method = "GET", toHost = host) =>
      attack(system, rawRequest(target, toHost, [cookie, ...lines], method)),
  };
}

/** Sends bytes and counts what they made reach the upstream. */
export async function attack(
  system: System,
  bytes: string,
): Promise<RawResponse & { readonly hits: number }> {
  const before = system.upstream.hits();
  const response = await sendRaw(system.port, bytes);
  return { ...response, hits: system.upstream.hits() - before };
}
