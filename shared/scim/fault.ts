import type { ErrorCode } from "../base/errors/catalogue.ts";

/** Kinds of errors that RFC 7644 §3.12 names, with the HTTP status and our code. */
export const SCIM_TYPES = {
  invalidFilter: { status: 400, code: "invalid_input" },
  tooMany: { status: 400, code: "invalid_input" },
  uniqueness: { status: 409, code: "conflict" },
  mutability: { status: 400, code: "invalid_input" },
  invalidSyntax: { status: 400, code: "malformed_request" },
  invalidPath: { status: 400, code: "invalid_input" },
  noTarget: { status: 400, code: "invalid_input" },
  invalidValue: { status: 400, code: "invalid_input" },
} as const satisfies Record<string, { readonly status: number; readonly code: ErrorCode }>;

export type ScimType = keyof typeof SCIM_TYPES;

/** Why a SCIM request is refused: what was wrong, where, and what to do next. */
export interface ScimFault {
  readonly scimType: ScimType;
  readonly detail: string;
}

export const fault = (
  scimType: ScimType,
  detail: string,
): { readonly ok: false; readonly error: ScimFault } => ({ ok: false, error: { scimType, detail } });

/** The body of an error (RFC 7644 §3.12). */
export const errorBody = (status: number, detail: string, scimType?: ScimType) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
  status: String(status),
  ...(scimType === undefined ? {} : { scimType }),
  detail,
});
