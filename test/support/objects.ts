import type { ObjectsOf } from "../../shared/base/objects.ts";

/** Objects of which each answers as `stub` does, whatever its name. */
export const answeredBy = <Rpc>(stub: Partial<Rpc>): ObjectsOf<Rpc> => ({
  idFromName: (name) => name,
  get: () => stub as Rpc,
});
