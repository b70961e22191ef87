import { describe, expect, it } from "vitest";
import { lookAlikeFault } from "../../../shared/base/look-alikes.ts";

describe("names that could be taken for others", () => {
  it.each([
    ["a Cyrillic letter among Latin ones", "pr\u043ed"],
    ["a Greek letter among Latin ones", "pr\u03bfd"],
    ["a Cyrillic word beside a Latin one", "Büro \u0441\u043e\u0440"],
    ["Cyrillic letters alone that look like Latin ones", "\u0441\u043e\u0440\u0443"],
    ["Greek capitals alone that look like Latin ones", "\u039d\u039f\u03a4"],
    ["a full-width letter", "prod\uff41"],
    ["a mathematical letter", "pro\u{1d41d}"],
    ["a ligature", "o\ufb03ce"],
    ["a letter of phonetics", "b\u0251ck"],
    ["a click for an l", "a\u01c0l"],
    ["a dot more on an i", "adm\u0069\u0307n"],
    ["a letter like a quote", "prod\u02b9"],
    ["a letter like a colon", "prod\u02d0"],
    ["a long vowel for a dash", "prod\u30fc1"],
    ["a long vowel behind a character for a dash", "\u672c\u30fc1"],
    ["a digit of another script that looks like 1", "db\u0661"],
    ["a digit of another script that looks like a dot", "prod\u0660"],
    ["a script of old", "\u13a0\u13a1"],
  ])("has %s", (_what, name) => {
    expect(lookAlikeFault(name.normalize("NFC"))).not.toBeNull();
  });

  it.each(["main", "Büro", "Zürich 2", "Łódź", "Yazılım", "São Paulo", "Straße", "Hà Nội", "eu-west_1.b"])(
    "passes %s",
    (name) => expect(lookAlikeFault(name.normalize("NFC"))).toBeNull(),
  );
  it.each([
    "Офис",
    "Γραφείο",
    "本番 web",
    "サーバー室",
    "prodサーバー",
    "خادم ١",
    "कक्ष १",
    "서버 A",
    "מעבדה",
    "कार्यालय",
    "สำนักงาน",
    "123",
    "№",
  ])("passes %s, of another script", (name) => expect(lookAlikeFault(name.normalize("NFC"))).toBeNull());
});
