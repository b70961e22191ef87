import { type Answer, type Body, ENDPOINTS, type EndpointId, type Params, type Query } from "./endpoints.ts";
import { type ClientOf, type ClientOptions, clientOf, type InputOf } from "./typed-client.ts";

export {
  ApiError,
  type Called,
  type ClientOptions,
  type MinimalFetch,
  type MinimalResponse,
} from "./typed-client.ts";

/** The admin API, typed by its catalogue. `npm run build:client` publishes the same client, typed by the document. */
export type AdminOperations = {
  readonly [Id in EndpointId]: {
    readonly params: keyof Params<Id> extends never ? undefined : Params<Id>;
    readonly query: Query<Id>;
    readonly body: Body<Id>;
    readonly answer: Answer<Id>;
  };
};

export type CallInput<Id extends EndpointId> = InputOf<AdminOperations[Id]>;
export type Client = ClientOf<AdminOperations>;

export const createClient = (options: ClientOptions): Client => clientOf<AdminOperations>(ENDPOINTS, options);
