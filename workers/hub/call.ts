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

/** One call of an endpoint after everything about it was checked. */
export interface Call<Id extends EndpointId = EndpointId> {
  readonly bindings: Bindings;
  readonly request: Request;
  readonly caller: AdminCaller;
  readonly params: Params<Id>;
  readonly query: Declared<Id, "query">;
  readonly body: Declared<Id, "body">;
  /** The version in `If-Match`; checked to be there where the endpoint needs it. */
  readonly ifMatch: number;
  /** Milliseconds since the Unix epoch; the one clock of this call. */
  readonly now: number;
}

/** An answer that changes nothing. */
export interface Reply<T = unknown> {
  readonly body: T;
  readonly version?: number;
}

/** What must follow a write before it is answered. Kept with the write, so that it is done even after a failure. */
export interface Effects {
  readonly event: Pick<EventEntry, "action" | "target" | "detail">;
  /**
   * Something changed that an isolate evaluates policies with (`registry/snapshot.ts` reads it): policies, apps, segments,
   * groups and their nesting, service tokens. Every isolate loads them anew, and every open stream is judged anew.
   */
  readonly policies: boolean;
  /** Users whose principal changed: the objects that have their sessions learn it. No isolate loads anything anew. */
  readonly userIds: readonly string[];
  readonly ends: readonly { readonly filter: SessionFilter; readonly reason: SessionEndReason }[];
  /** A change that is held and was confirmed: the segment's object publishes it. */
  readonly confirms?: { readonly segmentId: string; readonly revision: number };
  /** Ids of more entries of the audit log, which the statements save (`platform/saved-events.ts`). */
  readonly saved?: readonly string[];
}

/** A change: all statements in one transaction, then the effects, then the answer. Nodes learn of it where it concerns them. */
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
