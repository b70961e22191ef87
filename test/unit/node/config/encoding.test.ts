import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod/mini";
import { writerOf } from "../../../../shared/node/config/encoding.ts";
import {
  type AnyDocument,
  type Documents,
  type DocumentType,
  decode,
  encode,
} from "../../../../shared/node/config/object.ts";
import { SCHEMAS } from "../../../../shared/node/config/schemas.ts";
import {
  draft,
  legDraft,
  NETWORK,
  NOW,
  nodeId,
  peerDraft,
  recordOf,
  root,
  SEGMENT,
  serial,
} from "./support.ts";

const HASH = recordOf(nodeId(2)).signing;
const { manifest, component } = draft();
const { leg: legWithoutEnds, ends } = legDraft(2, 3, 20_000);
const grant = { rule: component.rules[0]?.id ?? "", from: ["10.0.0.0/8"], to: ["10.1.0.0/16", "fd00::/8"] };

/** One of each type, with all that it can have. */
const documents: Documents = {
  root,
  head: {
    type: "head",
    network: NETWORK,
    segment: SEGMENT,
    serial: serial(3),
    treeSize: 1,
    treeRoot: HASH,
    issuedAt: NOW,
    expiresAt: NOW + 1,
  },
  leaf: { type: "leaf", network: NETWORK, node: nodeId(1), serial: serial(3), manifest: HASH },
  manifest: {
    ...manifest,
    record: HASH,
    component: HASH,
    peers: [HASH],
    relay: { bytesPerSecond: 1_000_000, legs: [HASH] },
  },
  component,
  peer: { ...peerDraft(2, { inbound: [grant], outbound: [grant] }), record: HASH },
  record: recordOf(nodeId(2)),
  leg: {
    ...legWithoutEnds,
    ends: [
      { ...ends[0], record: HASH },
      { ...ends[1], record: HASH },
    ],
  },
};
const each = Object.entries(documents) as [DocumentType, AnyDocument][];
const text = (document: AnyDocument) => new TextDecoder().decode(encode(document));

type DeepReadonly<T> = T extends readonly unknown[] | object
  ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
  : T;
type Checked = { readonly [Type in DocumentType]: DeepReadonly<z.output<(typeof SCHEMAS)[Type]>> };

describe("I8: what is signed of a document", () => {
  it.each(each)("is all that a %s says", (type, document) => {
    expect(JSON.parse(text(document))).toEqual(document);
    const decoded = decode(type, encode(document), type, 64 * 1_024);
    expect(decoded).toEqual({ ok: true, value: document });
  });

  it.each(each)("depends on what a %s says, not on how it was made", (_type, document) => {
    const reversed = Object.fromEntries(Object.entries(document).reverse()) as unknown as AnyDocument;
    expect(text(reversed)).toBe(text(document));
  });

  it.each(each)("is never less: a %s with another member is neither written nor read", (type, document) => {
    expect(() => encode({ ...document, extra: 1 } as unknown as AnyDocument)).toThrow(
      "extra is in no schema",
    );
    const bytes = new TextEncoder().encode(JSON.stringify({ ...document, extra: 1 }));
    expect(decode(type, bytes, type, 64 * 1_024)).toMatchObject({ error: { code: "INVALID_SHAPE" } });
  });

  it("is never less further inside: neither in objects nor in lists", () => {
    const { head, peer, leg } = documents;
    for (const wrong of [
      { ...head, serial: { ...head.serial, constructor: 1 } },
      { ...peer, inbound: [{ ...grant, ports: [] }] },
      { ...leg, ends: [leg.ends[0], { ...leg.ends[1], extra: 1 }] },
    ] as unknown as AnyDocument[]) {
      expect(() => encode(wrong)).toThrow("is in no schema");
    }
  });

  it("holds a member as soon as the schema has it", () => {
    const { peer } = documents;
    const wider = { ...peer, via: [{ node: nodeId(9), cost: 3 }] };
    expect(() => encode(wider)).toThrow("via is in no schema");
    const schema = z.extend(SCHEMAS.peer, {
      via: z.exactOptional(z.array(z.strictObject({ node: z.string(), cost: z.int() }))),
    });
    expect(JSON.parse(writerOf(schema)(wider))).toEqual(wider);
    expect(writerOf(schema)(peer)).toBe(text(peer));
  });

  it("is what the types say", () => {
    expectTypeOf<Checked>().toEqualTypeOf<{
      readonly [Type in DocumentType]: DeepReadonly<Documents[Type]>;
    }>();
    expect(Object.keys(SCHEMAS).sort()).toEqual(Object.keys(documents).sort());
  });
});
