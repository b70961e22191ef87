/**
 * Finds the Durable Objects of one class: the part of their namespace that we use. `Rpc` is the interface of
 * each object.
 */
export interface ObjectsOf<Rpc> {
  idFromName(name: string): unknown;
  get(id: never, options?: { readonly locationHint?: string }): Rpc;
}

/**
 * The only way to get an object by its name. It sends nothing; only the first call on the object does.
 *
 * @param name The caller must check the name, because calling an object creates it.
 * @param region The region where a new object is placed.
 */
export function objectOf<Rpc>(objects: ObjectsOf<Rpc>, name: string, region?: string): Rpc {
  const id = objects.idFromName(name) as never;
  return region === undefined ? objects.get(id) : objects.get(id, { locationHint: region });
}
