import { forwardableHeaders } from "../../../shared/http/headers.ts";

/** Of an app that opens nothing. */
export const CLOSED = {
  methodOverride: false,
  clientHeaders: [] as readonly string[],
  tokenHeaders: [] as readonly string[],
};

/** The names of the headers that are forwarded, in lower case. */
export const names = (headers: [string, string][], options = CLOSED) =>
  forwardableHeaders(headers, options).map(([name]) => name.toLowerCase());
