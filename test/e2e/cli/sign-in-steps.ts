import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { expect } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import type { System } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";
import { Shell } from "./process.ts";

export const FORM = { "content-type": "application/x-www-form-urlencoded" };
export const reasonOf = ({ headers }: { headers: Readonly<Record<string, string | string[] | undefined>> }) =>
  headers["x-rustronaut-response"];

export const fieldOf = (page: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? "";

export const backTo = (page: { headers: Readonly<Record<string, string | string[] | undefined>> }) =>
  new URL(String(page.headers.refresh ?? "").replace("0; url=", ""));

/** As a page that a name of its own leads to this machine (DNS rebinding). */
export const statusAs = (host: string, url: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(url, { headers: { host } }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });

export const verifier = () => randomBytes(32).toString("base64url");
export const challengeOf = (text: string) => createHash("sha256").update(text).digest("base64url");
export const REDIRECT = "http://127.0.0.1:45999/callback";

/** What a command line and a person's browser do while one signs in the other. @param system The hub, once it runs. */
export function stepsOf(system: () => System) {
  /** A form to the hub as a command line sends it. */
  async function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
    const response = await localRequest(`${system().hubOrigin}${path}`, {
      method: "POST",
      headers: { ...FORM, ...headers },
      body: new URLSearchParams({ client_id: "rustronaut", ...fields }).toString(),
    });
    return { ...response, json: JSON.parse(response.text) as Record<string, string> };
  }

  /** What a person does on the page that asks: `answer` is the button. */
  function answer(
    visitor: Visitor,
    page: string,
    answer: string,
    more: { headers?: object; fields?: object } = {},
  ) {
    const fields = { a: fieldOf(page, "a"), csrf: fieldOf(page, "csrf"), answer, ...more.fields };
    const headers = { ...FORM, "sec-fetch-site": "same-origin", ...more.headers };
    const body = new URLSearchParams(fields).toString();
    return visitor.get(`${system().authOrigin}/.rustronaut/command-line`, headers, "POST", body);
  }

  /** A person's browser that goes where the command line sends it, and answers. */
  const browserOf =
    (user: string, said = "yes") =>
    async (url: string) => {
      const visitor = new Visitor();
      const { response } = await visitor.visit(url, user);
      const next = await answer(visitor, response.text, said);
      void localRequest(backTo(next).href);
      return true;
    };

  async function signedIn(user: string, ...options: string[]): Promise<Shell> {
    const shell = await Shell.open();
    shell.browser = browserOf(user);
    const ended = await shell.run(["login", system().hubOrigin, ...options]);
    expect(ended, ended.err).toMatchObject({ code: 0 });
    return shell;
  }

  /** The address that a command line opens, with whatever somebody changed in it. */
  function authorizeUrl(proof: string, changed: Record<string, string> = {}): string {
    const query = {
      response_type: "code",
      client_id: "rustronaut",
      redirect_uri: REDIRECT,
      code_challenge: challengeOf(proof),
      code_challenge_method: "S256",
      state: "a-state-of-24-characters",
      machine: "build-7",
      ...changed,
    };
    return `${system().hubOrigin}/oauth/authorize?${new URLSearchParams(query)}`;
  }

  /** A code that `user` agreed to, and its verifier. */
  async function agreed(user = "alice", visitor = new Visitor()) {
    const proof = verifier();
    const { response } = await visitor.visit(authorizeUrl(proof), user);
    const next = backTo(await answer(visitor, response.text, "yes"));
    const grant = { grant_type: "authorization_code", redirect_uri: REDIRECT };
    return {
      next,
      redeem: (more = {}) =>
        post("/oauth/token", {
          ...grant,
          code: next.searchParams.get("code") ?? "",
          code_verifier: proof,
          ...more,
        }),
    };
  }

  const me = (token: string | undefined) =>
    localRequest(`${system().hubOrigin}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });

  return { post, answer, browserOf, signedIn, authorizeUrl, agreed, me };
}
