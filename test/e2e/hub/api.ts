import { localRequest } from "../../../scripts/local/http.ts";
import { ApiError } from "../../../shared/api/client.ts";
import type { System } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";

export interface Answered {
  readonly status: number;
  /** The stable code of a problem, else undefined. */
  readonly code: string | undefined;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly json: ReturnType<typeof JSON.parse>;
}

/** One call below `/api/v1` with exactly these headers beside the token's; a body that is no text is sent as JSON. */
export async function call(
  system: System,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const response = await localRequest(`${system.hubOrigin}/api/v1${path}`, {
    method,
    headers: {
      ...("cookie" in headers ? {} : { authorization: `Bearer ${system.adminToken}` }),
      ...(text === undefined ? {} : { "content-type": "application/json", ...lengthOf(text, headers) }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const json = response.text ? JSON.parse(response.text) : null;
  return {
    status: response.status,
    code: json?.code,
    etag: String(response.headers.etag),
    headers: response.headers,
    json,
  };
}

/** Changes or deletes what a path names, as it is now. */
export async function change(
  system: System,
  method: "PATCH" | "DELETE" | "POST",
  path: string,
  body?: unknown,
  target = path,
): Promise<Answered> {
  const { etag } = await call(system, "GET", path);
  return call(system, method, target, body, { "if-match": etag });
}

/** Stated, since Node leaves it out for some methods and the body would then be read as the next request. */
const lengthOf = (text: string, headers: Readonly<Record<string, string>>) =>
  "transfer-encoding" in headers ? {} : { "content-length": String(Buffer.byteLength(text)) };

/** Signs an administrator in, and gives the Cookie header of the hub's host. */
export async function hubCookie(system: System, user = "alice"): Promise<string> {
  const visitor = new Visitor();
  await visitor.visit(`${system.hubOrigin}/`, user);
  const cookie = visitor.cookieHeader(system.hubOrigin);
  if (!cookie.includes("__Host-rn_s=")) throw new Error(`${user} could not sign in at the hub`);
  return cookie;
}

/** What the dashboard sends with every write beside its cookie. */
export const fromDashboard = (system: System) => ({
  "x-rustronaut-csrf": "1",
  origin: system.hubOrigin,
  "sec-fetch-site": "same-origin",
});

/** The stable code with which a call is refused; fails when it is not. */
export async function refusalOf(calling: Promise<unknown>): Promise<string> {
  const error = await calling.then(
    () => new Error("it was not refused"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw error;
  return `${error.status} ${error.problem.code}`;
}
