import { describe, it } from "vitest";
import { base64url, fromBase64url } from "../../../../shared/base/base64url.ts";
import type { ConfigRefusalCode } from "../../../../shared/node/config/refusals.ts";
import { expectDraftRefused, expectRefused, rewriting } from "./accept-support.ts";
import { draft, pack, seeded } from "./support.ts";

describe("objects", () => {
  it("must all be there, once, and nothing else", async () => {
    const { update } = await pack(draft());
    for (const at of update.objects.keys()) {
      await expectRefused("OBJECT_MISSING", { ...update, objects: update.objects.toSpliced(at, 1) });
    }
    const { objects } = update;
    await expectRefused("OBJECT_UNEXPECTED", { ...update, objects: [...objects, objects[0] ?? ""] });
    await expectRefused("OBJECT_UNEXPECTED", { ...update, objects: [...objects, base64url(seeded("x", 9))] });
    await expectRefused("OBJECT_UNEXPECTED", { objects });
    await expectRefused("UPDATE_MALFORMED", { ...update, objects: [...objects, "***"] });
  });

  it("are refused when cut short or changed by a bit", async () => {
    const { update } = await pack(draft());
    for (const at of update.objects.keys()) {
      const bytes = fromBase64url(update.objects[at] ?? "") ?? new Uint8Array();
      const cut = update.objects.with(at, base64url(bytes.slice(0, -1)));
      await expectRefused("OBJECT_MISSING", { ...update, objects: cut });
      bytes[at * 3] = (bytes[at * 3] ?? 0) ^ 4;
      const changed = update.objects.with(at, base64url(bytes));
      await expectRefused("OBJECT_MISSING", { ...update, objects: changed });
    }
  });

  const textual: readonly [string, ConfigRefusalCode, (text: string) => string][] = [
    ["a duplicate member", "NOT_STRICT_JSON", (text) => text.replace("{", '{"name":"other",')],
    ["a duplicate member by an escape", "NOT_STRICT_JSON", (text) => text.replace("{", '{"n\\u0061me":"x",')],
    ["__proto__", "NOT_STRICT_JSON", (text) => text.replace("{", '{"__proto__":{},')],
    ["a byte order mark", "NOT_STRICT_JSON", (text) => `\ufeff${text}`],
    ["a comment", "NOT_STRICT_JSON", (text) => `${text}// the end`],
    ["a second document", "NOT_STRICT_JSON", (text) => `${text}{}`],
    ["half of a surrogate pair", "NOT_STRICT_JSON", (text) => text.replace('"name":"', '"name":"\\ud800')],
    ["a line break in a string", "NOT_STRICT_JSON", (text) => text.replace('"name":"', '"name":"\n')],
    ["a truncated text", "NOT_STRICT_JSON", (text) => text.slice(0, -1)],
    ["a member that is not known", "INVALID_SHAPE", (text) => text.replace("{", '{"PostUp":"reboot",')],
    ["a member that is missing", "INVALID_SHAPE", (text) => text.replace(/"name":"[^"]*",/, "")],
    ["a line break in a name", "INVALID_SHAPE", (text) => text.replace('"name":"', '"name":"\\n')],
    ["text that turns around", "INVALID_SHAPE", (text) => text.replace('"name":"', '"name":"\\u202e')],
    ["null for a name", "INVALID_SHAPE", (text) => text.replace(/"name":"[^"]*"/, '"name":null')],
    ["another type", "OBJECT_WRONG_TYPE", (text) => text.replace(/"type":"[a-z]+"/, '"type":"root"')],
    ["no object at all", "OBJECT_WRONG_TYPE", () => "[]"],
  ];
  it.each(textual)("are refused with %s", async (_, code, change) => {
    for (const type of ["manifest", "peer"]) {
      await expectDraftRefused(code, () => {}, { rewrite: rewriting(type, change) });
    }
  });

  it.each(["1280.0", "1.28e3", "-0", "1e400", "9007199254740993", "01280", "NaN", "0x500"])(
    "are refused with the number %s",
    async (number) => {
      const rewrite = rewriting("manifest", (text) => text.replace('"mtu":1280', `"mtu":${number}`));
      await expectDraftRefused("NOT_STRICT_JSON", () => {}, { rewrite });
    },
  );

  it("are refused by size and number before they are parsed", async () => {
    const { update } = await pack(draft());
    const many = Array.from({ length: 100_000 }, (_, n) => base64url(seeded(`peer ${n}`, 12)));
    await expectRefused("TOO_MANY_OBJECTS", { ...update, objects: many });
    await expectRefused("OBJECT_TOO_LARGE", { ...update, objects: ["A".repeat(700_000)] });
    const huge = Array.from({ length: 17 }, () => "A".repeat(1_000_000));
    await expectRefused("UPDATE_TOO_LARGE", { ...update, objects: huge });
    await expectRefused("ENVELOPE_TOO_LARGE", {
      ...update,
      proof: { ...update.proof, head: "A".repeat(200_000) },
    });
    const list = (count: number) =>
      rewriting("manifest", (text) => {
        const hashes = Array.from({ length: count }, (_, n) => base64url(seeded(`peer ${n}`, 32)));
        return text.replace(/"peers":\[[^\]]*\]/, `"peers":${JSON.stringify(hashes.sort())}`);
      });
    await expectDraftRefused("OBJECT_TOO_LARGE", () => {}, { rewrite: list(100_000) });
    await expectDraftRefused("TOO_MANY_PEERS", () => {}, { rewrite: list(4_097) });
  });

  it("must be named in ascending order, each once", async () => {
    for (const reorder of [(all: string[]) => all.reverse(), ([first = ""]: string[]) => [first, first]]) {
      const rewrite = rewriting("manifest", (text) =>
        text.replace(
          /"peers":(\[[^\]]*\])/,
          (_, list) => `"peers":${JSON.stringify(reorder(JSON.parse(list)))}`,
        ),
      );
      await expectDraftRefused("ORDER_WRONG", () => {}, { rewrite });
    }
  });

  it("refuse an update that is none", async () => {
    for (const update of [null, [], { roots: [1] }, { objects: null }, { proof: {} }]) {
      await expectRefused("UPDATE_MALFORMED", update as never);
    }
  });
});
