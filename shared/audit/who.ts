import type { EventEntry } from "./types.ts";

/**
 * Who acted, in words: the person and what acted for them. The name of the actor only if nobody knows the person.
 *
 * @param name What the actor is called, if that is known from elsewhere.
 */
export function whoActed(
  {
    person,
    actor,
    via,
  }: Pick<EventEntry, "actor"> & {
    readonly person?: { readonly email: string } | string | null | undefined;
    readonly via?: string | null | undefined;
  },
  name?: string,
): string {
  const known = typeof person === "string" ? person : person?.email;
  if (known === undefined) return via ?? name ?? actor;
  return via ? `${known}, by ${via}` : known;
}

/** The id in `user:usr_…` or `token:tok_…`. */
export const idOfActor = (actor: string): string => actor.slice(actor.indexOf(":") + 1);

/** What the actor `user:usr_…` or `token:tok_…` is called. */
export const nameOfActor = (actor: string, names: Readonly<Record<string, string>>): string | undefined =>
  names[idOfActor(actor)];
