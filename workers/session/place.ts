import type { Place } from "../../shared/access/login/session-owner.ts";

/** Where the platform says that the caller is. Never from a header. */
export function placeOf(request: Request): Place {
  const cf = request.cf as Partial<IncomingRequestCfProperties> | undefined;
  return { continent: cf?.continent, country: cf?.country, longitude: cf?.longitude };
}
