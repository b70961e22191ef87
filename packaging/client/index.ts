import { type ClientOf, clientOf, type InputOf, type MinimalFetch } from "../../shared/api/typed-client.ts";
import { type Operations, ROUTES } from "./operations.ts";

export { ApiError, type Called } from "../../shared/api/typed-client.ts";
export type { Problem } from "../../shared/base/errors/problem.ts";
export type { Operations };

export type OperationId = keyof Operations;
export type Client = ClientOf<Operations>;
/** What a call of an operation is given, and what its answer holds. */
export type Input<Id extends OperationId> = InputOf<Operations[Id]>;
export type Answer<Id extends OperationId> = Operations[Id]["answer"];

export interface Options {
  /** The hub's origin, such as https://hub.example.com. */
  readonly hub: string;
  /**
   * An API token (`rnapi_…`), or an access token that was had by OAuth. A function is asked before each call, so it can
   * renew what is about to end.
   */
  readonly token: string | (() => string | Promise<string>);
  /** Instead of the platform's own. */
  readonly fetch?: MinimalFetch;
}

/** A client of one hub's admin API. */
export const createClient = ({ hub, token, fetch: send = platformFetch }: Options): Client =>
  clientOf<Operations>(ROUTES, { baseUrl: new URL(hub).origin, token, fetch: send });

declare function fetch(url: string, init: object): ReturnType<MinimalFetch>;
/** It follows no redirect, so that the token stays with the hub. */
const platformFetch: MinimalFetch = (url, init) => fetch(url, { ...init, redirect: "error" });
