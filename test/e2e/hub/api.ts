import { localRequest } from "../../../scripts/local/http.ts";
import { ApiError } from "../../../shared/protocol/client.ts";
import type { System } from "../../support/harness.ts";

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
      ...(text === undefined ? {} : { "content-type": "application/json" }),
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

/** The stable code with which a call is refused; fails when it is not. */
export async function refusalOf(calling: Promise<unknown>): Promise<string> {
  const error = await calling.then(
    () => new Error("it was not refused"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw error;
  return `${error.status} ${error.problem.code}`;
}
