import { ERRORS, type ErrorCode, type Refusal } from "./catalogue.ts";

/** A problem document (RFC 9457) with our stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly request_id?: string;
  readonly decision_id?: string;
  readonly issues?: Refusal["issues"];
}

/** The form of a refusal that is sent. `ids` name the request or decision that the refusal belongs to. */
export function toProblem(
  refusal: Refusal,
  ids: { readonly request_id?: string; readonly decision_id?: string } = {},
): Problem {
  const { status, title } = ERRORS[refusal.code];
  return {
    type: `https://rustronaut.dev/errors/${refusal.code}`,
    title,
    status,
    detail: refusal.detail,
    code: refusal.code,
    ...ids,
    ...(refusal.issues ? { issues: refusal.issues } : {}),
  };
}
