import { ERRORS, type Refusal } from "../../../shared/base/errors/catalogue.ts";
import type { Result } from "../../../shared/base/result.ts";
import { errorBody, SCIM_TYPES, type ScimFault, type ScimType } from "../../../shared/scim/fault.ts";
import { apiHeaders } from "../refused.ts";

/** Thrown to leave a SCIM call with a refusal, from any depth. */
export class ScimRefused extends Error {
  readonly fault: ScimFault;

  constructor(fault: ScimFault) {
    super(fault.detail);
    this.fault = fault;
  }
}

/** @throws ScimRefused Always. */
export function throwFault(scimType: ScimType, detail: string): never {
  throw new ScimRefused({ scimType, detail });
}

/** The value. A refusal leaves the call. */
export function need<T>(result: Result<T, ScimFault>): T {
  if (result.ok) return result.value;
  throw new ScimRefused(result.error);
}

/** A resource or a list, as SCIM clients read it (RFC 7644 §3.1). */
export function scimResponse(
  status: number,
  body: unknown,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers = scimHeaders("scim", more);
  if (body !== null) return new Response(JSON.stringify(body), { status, headers });
  headers.delete("Content-Type");
  return new Response(null, { status, headers });
}

/** The error of a fault of SCIM. The header `X-Rustronaut-Response` has our stable code. */
export function faultResponse({ scimType, detail }: ScimFault): Response {
  const { status, code } = SCIM_TYPES[scimType];
  return new Response(JSON.stringify(errorBody(status, detail, scimType)), {
    status,
    headers: scimHeaders(code),
  });
}

/** The error of any other refusal. SCIM knows no 422. */
export function refusalResponse({ code, detail, retryAfterSeconds }: Refusal, number?: string): Response {
  const known = ERRORS[code].status;
  const status = known === 422 ? 400 : known;
  const retry = retryAfterSeconds ?? (status === 503 ? 2 : undefined);
  const text = number === undefined ? detail : `${detail} Its number in the audit log is ${number}.`;
  return new Response(JSON.stringify(errorBody(status, text)), {
    status,
    headers: scimHeaders(code, {
      ...(status === 401 ? { "WWW-Authenticate": 'Bearer realm="rustronaut"' } : {}),
      ...(retry === undefined ? {} : { "Retry-After": String(retry) }),
    }),
  });
}

function scimHeaders(code: string, more: Readonly<Record<string, string>> = {}): Headers {
  const headers = apiHeaders(code);
  headers.set("Content-Type", "application/scim+json");
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return headers;
}
