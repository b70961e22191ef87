/** Where the Durable Objects of one class are found: their namespace, as far as we use it. `Rpc` is what each can be asked. */
export interface ObjectsOf<Rpc> {
  idFromName(name: string): unknown;
  get(id: never, options?: { readonly locationHint?: string }): Rpc;
}

/**
 * The one way from a name to an object. It sends nothing: the first call does.
 *
 * @param name Checked by the caller, since whoever asks an object makes it.
 * @param region Where the object is put if nobody asked it before.
 */
export function objectOf<Rpc>(objects: ObjectsOf<Rpc>, name: string, region?: string): Rpc {
  const id = objects.idFromName(name) as never;
  return region === undefined ? objects.get(id) : objects.get(id, { locationHint: region });
}
