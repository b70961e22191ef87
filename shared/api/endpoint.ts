import type * as z from "zod/mini";
import type { Role } from "./fields.ts";

/** One operation of the admin API, as data: the hub serves it, the client calls it, the document describes it. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` for parameters; each takes an id or the unique name of the thing. */
  readonly path: `/api/v1/${string}`;
  /** The least standing that may call it; `public` needs no caller (it may check a credential of its own). */
  readonly role: Standing | "public";
  readonly summary: string;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
  /** Bytes of the body at most; 1 MiB unless said. */
  readonly bodyBytes?: number;
  /** What a success answers with; null is an empty 204, `stream` are server-sent events, `file` is CSV or NDJSON, `metrics` OpenMetrics. */
  readonly response: z.ZodMiniType | null | "stream" | "file" | "metrics";
  /** 200 (204 without a response) unless said. */
  readonly status?: 201;
  /** Needs `If-Match` with the version that it changes. */
  readonly ifMatch?: true;
  /** A POST that changes nothing. */
  readonly safe?: true;
}

/** Whether calling it changes something, so that it takes an `Idempotency-Key`. */
export const isWrite = (endpoint: Endpoint): boolean => endpoint.method !== "GET" && !endpoint.safe;

/** What a call needs of its caller: a role, or only that somebody is signed in. */
export type Standing = Role | "signed_in";

/** signed_in < auditor < admin < owner. Whoever is no administrator has no role (null) and is only signed in. */
export const mayCall = (role: Role | null, needed: Standing): boolean =>
  RANK[role ?? "signed_in"] >= RANK[needed];
const RANK: Record<Standing, number> = { signed_in: 0, auditor: 1, admin: 2, owner: 3 };
