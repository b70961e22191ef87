/** What of a body differs from the thing that it changes; lists and settings are compared as a whole. */
export function changesOf<Body extends object>(body: Body, before: object): Partial<Body> {
  const old = before as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name])),
  ) as Partial<Body>;
}
