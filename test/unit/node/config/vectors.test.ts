import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { acceptUpdate } from "../../../../shared/node/config/accept.ts";
import { decode, encode, hashOf } from "../../../../shared/node/config/object.ts";
import { verifyRootChain } from "../../../../shared/node/config/root.ts";
import { formatTag } from "../../../../shared/node/config/serial.ts";
import type { ConfigUpdate } from "../../../../shared/node/config/types.ts";
import { crypto } from "./support.ts";

/** The published vectors, as an agent in another language would read them: nothing here knows how they were made. */
const vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/node-config/vectors.json", import.meta.url), "utf8"),
);
const { roots, accepted, refused, documents } = vectors;
const context = { ...accepted, exitNode: null };

async function trusted() {
  const chain = await verifyRootChain(crypto, roots.envelopes, { hash: roots.pin }, accepted.now);
  if (!chain.ok) throw new Error(chain.error.code);
  return chain.value;
}

interface Refused {
  readonly name: string;
  readonly code: string;
  readonly update: ConfigUpdate;
}

describe("the published vectors", () => {
  it("name documents by their bytes, which are written in one way", () => {
    for (const { type, text, hash } of documents) {
      const bytes = new TextEncoder().encode(text);
      expect(hashOf(bytes)).toBe(hash);
      const document = decode(type, bytes, type, 4_096);
      expect(document.ok && new TextDecoder().decode(encode(document.value))).toBe(text);
    }
  });

  it("hold a chain of roots", async () => {
    expect((await trusted()).map(({ version }) => version)).toEqual(roots.versions);
  });

  it("hold an update that is accepted", async () => {
    const root = (await trusted()).at(-1);
    if (!root) throw new Error("no root");
    const result = await acceptUpdate(crypto, { root, applied: null }, accepted.update, context);
    const applied = result.ok ? result.value.applied : null;
    expect(applied && formatTag({ serial: applied.serial, manifest: applied.manifestHash })).toBe(
      accepted.tag,
    );
    expect(applied?.peers.map(({ peer }) => peer.node).sort()).toEqual(accepted.peers);
  });

  it.each<Refused>(refused)("hold $name, refused as $code", async ({ code, update }) => {
    const root = (await trusted()).at(-1);
    if (!root) throw new Error("no root");
    expect(await acceptUpdate(crypto, { root, applied: null }, update, context)).toMatchObject({
      error: { code },
    });
  });
});
