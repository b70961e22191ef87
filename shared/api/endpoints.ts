import type * as z from "zod/mini";
import type { Endpoint } from "./endpoint.ts";
import { ACCESS_ENDPOINTS } from "./endpoints/access.ts";
import { BACKUP_ENDPOINTS } from "./endpoints/backup.ts";
import { CLIENT_ENDPOINTS } from "./endpoints/clients.ts";
import { CONNECTOR_ENDPOINTS } from "./endpoints/connectors.ts";
import { GRANT_ENDPOINTS } from "./endpoints/grants.ts";
import { HISTORY_ENDPOINTS } from "./endpoints/history.ts";
import { LOG_ENDPOINTS } from "./endpoints/logs.ts";
import { MESH_ENDPOINTS } from "./endpoints/mesh.ts";
import { MESH_PATH_ENDPOINTS } from "./endpoints/mesh-paths.ts";
import { MESH_QUESTION_ENDPOINTS } from "./endpoints/mesh-questions.ts";
import { MESH_SERVICE_ENDPOINTS } from "./endpoints/mesh-services.ts";
import { MESH_TEST_ENDPOINTS } from "./endpoints/mesh-tests.ts";
import { MICROSEGMENT_ENDPOINTS } from "./endpoints/microsegments.ts";
import { NOTIFICATION_ENDPOINTS } from "./endpoints/notifications.ts";
import { OBSERVATION_ENDPOINTS } from "./endpoints/observation.ts";
import { PASSKEY_ENDPOINTS } from "./endpoints/passkeys.ts";
import { POLICY_LIFE_ENDPOINTS } from "./endpoints/policy-life.ts";
import { REGISTRY_ENDPOINTS } from "./endpoints/registry.ts";
import { RISK_ENDPOINTS } from "./endpoints/risk.ts";
import { SIGNAL_ENDPOINTS } from "./endpoints/signals.ts";
import { SUGGESTION_ENDPOINTS } from "./endpoints/suggestions.ts";

/** Every operation of the admin API by its id, such as `apps.list`. */
export const ENDPOINTS = {
  ...REGISTRY_ENDPOINTS,
  ...ACCESS_ENDPOINTS,
  ...CLIENT_ENDPOINTS,
  ...POLICY_LIFE_ENDPOINTS,
  ...OBSERVATION_ENDPOINTS,
  ...PASSKEY_ENDPOINTS,
  ...RISK_ENDPOINTS,
  ...SIGNAL_ENDPOINTS,
  ...GRANT_ENDPOINTS,
  ...HISTORY_ENDPOINTS,
  ...MESH_ENDPOINTS,
  ...MESH_PATH_ENDPOINTS,
  ...MESH_QUESTION_ENDPOINTS,
  ...MICROSEGMENT_ENDPOINTS,
  ...SUGGESTION_ENDPOINTS,
  ...MESH_SERVICE_ENDPOINTS,
  ...MESH_TEST_ENDPOINTS,
  ...CONNECTOR_ENDPOINTS,
  ...LOG_ENDPOINTS,
  ...NOTIFICATION_ENDPOINTS,
  ...BACKUP_ENDPOINTS,
} as const satisfies Record<string, Endpoint>;

export type EndpointId = keyof typeof ENDPOINTS;

/** The catalogue for walking through, each with its id. */
export const ENDPOINT_LIST: readonly (Endpoint & { readonly id: EndpointId })[] = Object.entries(
  ENDPOINTS,
).map(([id, endpoint]) => ({ id: id as EndpointId, ...(endpoint as Endpoint) }));

type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;

/** The parameters in an endpoint's path. */
export type Params<Id extends EndpointId> = {
  readonly [Name in ParamNames<(typeof ENDPOINTS)[Id]["path"]>]: string;
};

/** Numbers may be given as numbers where the wire carries digits. */
type QueryInput<T> = {
  readonly [Key in keyof T]: string extends NonNullable<T[Key]> ? T[Key] | number : T[Key];
};

export type Query<Id extends EndpointId> = (typeof ENDPOINTS)[Id] extends { readonly query: infer Q }
  ? QueryInput<z.input<Q>>
  : undefined;
export type Body<Id extends EndpointId> = (typeof ENDPOINTS)[Id] extends { readonly body: infer B }
  ? z.input<B>
  : undefined;
export type Answer<Id extends EndpointId> = (typeof ENDPOINTS)[Id]["response"] extends infer R
  ? R extends z.ZodMiniType
    ? z.output<R>
    : null
  : never;
