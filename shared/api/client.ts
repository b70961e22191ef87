import type { Problem } from "../base/errors/problem.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Answer, type Body, ENDPOINTS, type EndpointId, type Params, type Query } from "./endpoints.ts";

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
export type CallInput<Id extends EndpointId> = Part<
  "params",
  keyof Params<Id> extends never ? undefined : Params<Id>
> &
  Part<"query", Query<Id>> &
  Part<"body", Body<Id>> & {
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

export interface Client {
  /** Calls one endpoint. Throws `ApiError` for every answer that is not a success. */
  call<Id extends EndpointId>(id: Id, ...input: Arguments<CallInput<Id>>): Promise<Called<Answer<Id>>>;
  /** The address of an endpoint, for what is not fetched as JSON (event streams). */
  url<Id extends EndpointId>(id: Id, ...input: Arguments<CallInput<Id>>): string;
}

export interface ClientOptions {
  readonly fetch: MinimalFetch;
  /** Origin of the hub, or empty for the page's own. */
  readonly baseUrl: string;
  /** An API token; a signed-in browser needs none. */
  readonly token?: string;
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

/** A client of the admin API, typed by the catalogue. */
export function createClient(options: ClientOptions): Client {
  const send = async (id: EndpointId, input: LooseInput = {}): Promise<Called<unknown>> => {
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (options.token) headers.authorization = `Bearer ${options.token}`;
    if (input.ifMatch) headers["if-match"] = input.ifMatch;
    if (input.idempotencyKey) headers["idempotency-key"] = input.idempotencyKey;
    if (input.note) headers["x-rustronaut-note"] = encodeURIComponent(input.note);
    if (input.body !== undefined) headers["content-type"] = "application/json";
    const response = await options.fetch(address(options.baseUrl, id, input), {
      method: ENDPOINTS[id].method,
      headers,
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(problemOf(response.status, text));
    return { data: text === "" ? null : JSON.parse(text), etag: response.headers.get("etag") };
  };
  return {
    call: (id, ...input) => send(id, input[0] as LooseInput | undefined) as never,
    url: (id, ...input) => address(options.baseUrl, id, (input[0] ?? {}) as LooseInput),
  };
}

function address(baseUrl: string, id: EndpointId, input: LooseInput): string {
  const path = (ENDPOINTS[id] as Endpoint).path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input.params?.[name];
    if (!value) throw new Error(`${id} needs the parameter ${name}`);
    return encodeURIComponent(value);
  });
  const query = Object.entries(input.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return baseUrl + path + (query.length > 0 ? `?${query.join("&")}` : "");
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
