import type * as z from "zod/mini";
import type { SessionEndReason, SessionFilter } from "../../shared/access/sessions/types.ts";
import type { Answer, ENDPOINTS, EndpointId, Params } from "../../shared/api/endpoints.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import type { ChangeStatement } from "../mesh/changes.ts";
import type { Bindings } from "../platform/env.ts";
import type { AdminCaller } from "./caller.ts";

type Declared<Id extends EndpointId, Part extends "query" | "body"> = (typeof ENDPOINTS)[Id] extends {
  readonly [P in Part]: infer S;
}
  ? z.output<S>
  : undefined;

/** Who makes a change, and the reason. */
export type Author = Pick<EventEntry, "actor" | "person" | "via" | "note">;

/** One call of an endpoint, after all checks of the request. */
export interface Call<Id extends EndpointId = EndpointId> {
  readonly bindings: Bindings;
  readonly request: Request;
  readonly caller: AdminCaller;
  /** For the records of what the call changes. */
  readonly author: Author;
  readonly params: Params<Id>;
  readonly query: Declared<Id, "query">;
  readonly body: Declared<Id, "body">;
  /** The version in `If-Match`. If the endpoint needs it, the request was already checked to contain it. */
  readonly ifMatch: number;
  /** Milliseconds since the Unix epoch. This call uses no other clock. */
  readonly now: number;
}

/** An answer to a call that changes nothing. */
export interface Reply<T = unknown> {
  readonly body: T;
  readonly version?: number;
}

/**
 * What must be done after a write, before it is answered. The effects are saved with the write, so that they
 * are done even after a failure.
 */
export interface Effects {
  readonly event: Pick<EventEntry, "action" | "target" | "detail">;
  /**
   * Whether the data for evaluating policies changed (`registry/snapshot.ts` reads it): policies, apps,
   * segments, groups and their nesting, service tokens. If so, every isolate loads the data again, and every
   * open stream is judged again.
   */
  readonly policies: boolean;
  /** Users whose principal changed. The objects with their sessions are told. No isolate loads data again. */
  readonly userIds: readonly string[];
  readonly ends: readonly { readonly filter: SessionFilter; readonly reason: SessionEndReason }[];
  /** Nodes of which others state something else now. The sessions that rest on them are told. */
  readonly devices?: readonly { readonly segmentId: string; readonly nodeId: string }[];
  /** A change that was held back and is now confirmed. The object of the segment publishes it. */
  readonly confirms?: { readonly segmentId: string; readonly revision: number };
  /**
   * The ids of further entries of the audit log. The statements save these entries
   * (`platform/saved-events.ts`).
   */
  readonly saved?: readonly string[];
}

/**
 * A change. First all statements run in one transaction, then the effects, then the answer is sent. If the
 * change concerns nodes, they are told.
 */
export interface Write<T = unknown> {
  readonly statements: readonly ChangeStatement[];
  readonly effects: Effects;
  readonly body: T;
  readonly version?: number;
}

export type Handler<Id extends EndpointId> = (
  call: Call<Id>,
) => Promise<Reply<Answer<Id>> | Write<Answer<Id>> | Response>;

export type Handlers<Ids extends EndpointId> = { readonly [Id in Ids]: Handler<Id> };
