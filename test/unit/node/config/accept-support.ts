import { expect } from "vitest";
import { type AcceptContext, acceptUpdate, type ConfigState } from "../../../../shared/node/config/accept.ts";
import { CONFIG_REFUSALS, type ConfigRefusalCode } from "../../../../shared/node/config/refusals.ts";
import type { ConfigUpdate } from "../../../../shared/node/config/types.ts";
import {
  context,
  crypto,
  type Draft,
  draft,
  type PackOptions,
  pack,
  type peerDraft,
  state,
} from "./support.ts";

/** Updates to take, and updates to refuse with a code. */

export async function accept(
  update: ConfigUpdate,
  given: Partial<AcceptContext> = {},
  from: ConfigState = state,
) {
  return acceptUpdate(crypto, from, update, { ...context, ...given });
}

export async function accepted(from: Draft, options: PackOptions = {}, given: Partial<AcceptContext> = {}) {
  const result = await accept((await pack(from, options)).update, given);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export async function expectRefused(
  code: ConfigRefusalCode,
  update: ConfigUpdate,
  given: Partial<AcceptContext> = {},
  from: ConfigState = state,
) {
  const result = await accept(update, given, from);
  expect(result.ok ? "accepted" : result.error).toMatchObject({ code, remedy: CONFIG_REFUSALS[code] });
}

/** The draft, made wrong, then truly signed. */
export async function expectDraftRefused(
  code: ConfigRefusalCode,
  spoil: (good: Draft) => unknown,
  options: PackOptions = {},
  given: Partial<AcceptContext> = {},
) {
  const bad = draft();
  spoil(bad);
  await expectRefused(code, (await pack(bad, options)).update, given);
}

/** Changes a peer of the draft. */
export const withPeer =
  (changed: Parameters<typeof peerDraft>[1], at = 0) =>
  (bad: Draft) => {
    const known = bad.peers[at];
    if (known) bad.peers[at] = { ...known, peer: { ...known.peer, ...changed } };
  };

export const rewriting =
  (type: string, change: (text: string) => string): NonNullable<PackOptions["rewrite"]> =>
  (document, bytes) =>
    document.type === type ? new TextEncoder().encode(change(new TextDecoder().decode(bytes))) : bytes;
