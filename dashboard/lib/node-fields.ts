import type { Body } from "../../shared/api/endpoints.ts";
import { RELAY_ROLES, type RelayRole } from "../../shared/registry/node-status.ts";
import { splitList } from "./format.ts";
import { localInput, readLocalInput } from "./local-input.ts";

type Change = Body<"nodes.update">;
type Fields = { -readonly [Key in keyof Change]: Change[Key] };

interface Before {
  readonly name: string;
  readonly segment: string;
  readonly tags: readonly string[];
  readonly user: string | null;
  readonly relay: RelayRole;
  readonly expiresAt: number | null;
}

/** What the form changes: fields that stay as they were are left out, and an emptied one is cleared. */
export function readNodeFields(form: FormData, before: Before): Change {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const change: Fields = {};
  if (text("name") !== before.name) change.name = text("name");
  if (text("segment") !== before.segment) change.segment = text("segment");
  const tags = splitList(text("tags"));
  if (tags.join() !== before.tags.join()) change.tags = tags;
  const user = text("user") || null;
  if (user !== before.user) change.user = user;
  const relay = RELAY_ROLES.find((role) => role === text("relay"));
  if (relay !== undefined && relay !== before.relay) change.relay = relay;
  const expires = text("expiresAt");
  if (expires !== localInput(before.expiresAt)) change.expiresAt = readLocalInput(expires);
  return change;
}
