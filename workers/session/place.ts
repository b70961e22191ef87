import type { Place } from "../../shared/access/login/session-owner.ts";

/** Where the caller is, as the platform states it. A header is never used. */
export function placeOf(request: Request): Place {
  const cf = request.cf as Partial<IncomingRequestCfProperties> | undefined;
  return { continent: cf?.continent, country: cf?.country, longitude: cf?.longitude };
}
