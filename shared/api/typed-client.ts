import type { Problem } from "../base/errors/problem.ts";

/** A client of operations that a catalogue lists. It needs no platform: it is given a `fetch`. */

/** One operation, as its caller sees it; `undefined` is what it does not take. */
export interface Operation {
  readonly params: Readonly<Record<string, string>> | undefined;
  readonly query: object | undefined;
  readonly body: unknown;
  readonly answer: unknown;
}

/** Where an operation is found. */
export interface Route {
  readonly method: string;
  /** With `{name}` for parameters. */
  readonly path: string;
}

/** As much of a `fetch` as the client needs, so that it runs anywhere. */
export type MinimalFetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<MinimalResponse>;

export interface MinimalResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** The server refused or could not answer; `problem` says why and what to do. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ApiError";
    this.status = problem.status;
    this.problem = problem;
  }
}

/** Only what the endpoint takes, and only needed where something in it is. */
type Part<Key extends string, T> = T extends undefined
  ? unknown
  : Record<string, never> extends T
    ? { readonly [K in Key]?: T }
    : { readonly [K in Key]: T };
/** What a call of an operation is given. */
export type InputOf<Op extends Operation> = Part<"params", Op["params"]> &
  Part<"query", Op["query"]> &
  Part<"body", Op["body"]> & {
    /** The `etag` of the answer that the change was made from. */
    readonly ifMatch?: string;
    /** Makes a retry of the same write safe. */
    readonly idempotencyKey?: string;
    /** Why the change is made, for its history. */
    readonly note?: string;
  };

type Arguments<Input> = Record<string, never> extends Input ? [input?: Input] : [input: Input];

export interface Called<T> {
  readonly data: T;
  readonly etag: string | null;
}

export interface ClientOf<Operations extends Record<keyof Operations, Operation>> {
  /** Calls one operation. Throws `ApiError` for every answer that is not a success. */
  call<Id extends keyof Operations>(
    id: Id,
    ...input: Arguments<InputOf<Operations[Id]>>
  ): Promise<Called<Operations[Id]["answer"]>>;
  /** The address of an operation, for what is not fetched as JSON (event streams, files). */
  url<Id extends keyof Operations>(id: Id, ...input: Arguments<InputOf<Operations[Id]>>): string;
}

export interface ClientOptions {
  readonly fetch: MinimalFetch;
  /** Origin of the hub, or empty for the page's own. */
  readonly baseUrl: string;
  /** An API token, or an access token by OAuth; a function is asked before each call. A signed-in browser needs none. */
  readonly token?: string | (() => string | Promise<string>);
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
  readonly note?: string;
}

/**
 * A client of the operations that the routes lead to. It throws `ApiError` for a refusal, `SyntaxError` for an answer that
 * is no JSON, and whatever its `fetch` throws.
 */
export function clientOf<Operations extends Record<keyof Operations, Operation>>(
  routes: Readonly<Record<keyof Operations, Route>>,
  options: ClientOptions,
): ClientOf<Operations> {
  const routeOf = (id: keyof Operations): Route => {
    if (!Object.hasOwn(routes, id)) throw new Error(`There is no operation ${String(id)}`);
    return routes[id];
  };
  const send = async (id: keyof Operations, input: LooseInput = {}): Promise<Called<unknown>> => {
    const route = routeOf(id);
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    const token = typeof options.token === "function" ? await options.token() : options.token;
    if (token) headers.authorization = `Bearer ${token}`;
    if (input.ifMatch) headers["if-match"] = input.ifMatch;
    if (input.idempotencyKey) headers["idempotency-key"] = input.idempotencyKey;
    if (input.note) headers["x-rustronaut-note"] = encodeURIComponent(input.note);
    if (input.body !== undefined) headers["content-type"] = "application/json";
    const response = await options.fetch(options.baseUrl + target(route, input), {
      method: route.method,
      headers,
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(problemOf(response.status, text));
    return { data: text === "" ? null : JSON.parse(text), etag: response.headers.get("etag") };
  };
  return {
    call: (id, ...input) => send(id, input[0] as LooseInput | undefined) as never,
    url: (id, ...input) => options.baseUrl + target(routeOf(id), (input[0] ?? {}) as LooseInput),
  };
}

/** Path and query of a call. */
function target({ path }: Route, input: LooseInput): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input.params?.[name];
    if (!value) throw new Error(`${path} needs the parameter ${name}`);
    return encodeURIComponent(value);
  });
  const query = Object.entries(input.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return filled + (query.length > 0 ? `?${query.join("&")}` : "");
}

/** The problem in an answer, or one made up for an answer that holds none (a proxy's page, an empty body). */
function problemOf(status: number, text: string): Problem {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "code" in value && "detail" in value)
      return value as Problem;
  } catch {
    // not JSON: falls through to the made-up problem
  }
  return {
    type: "about:blank",
    title: "The server gave no reason",
    status,
    detail: `The server answered ${status} without a problem document.`,
    code: status >= 500 ? "unavailable" : "malformed_request",
  };
}
