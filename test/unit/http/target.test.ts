import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalTarget, reservedSpace, splitUrl, type Target } from "../../../shared/http/target.ts";

const SEED = 20261124;
const STRICT = { encodedSlashes: false, caseInsensitivePaths: false };
const SLASHES = { encodedSlashes: true, caseInsensitivePaths: false };
const FOLDED = { encodedSlashes: false, caseInsensitivePaths: true };

const target = (raw: string, rules = STRICT): Target => {
  const result = canonicalTarget(raw, rules);
  if (!result.ok) throw new Error(`${raw}: ${result.error.detail}`);
  return result.value;
};
const codeOf = (raw: string, rules = STRICT): string => {
  const result = canonicalTarget(raw, rules);
  return result.ok ? "accepted" : result.error.code;
};

describe("S-01 dot segments in every spelling", () => {
  test.each([
    "/public/../admin",
    "/public/%2e%2e/admin",
    "/public/.%2E/admin",
    "/public/%2E./admin",
    "/public\\..\\admin",
    "/../../admin",
    "/./public/./../admin",
  ])("%s is judged and forwarded as /admin", (raw) => {
    expect(target(raw)).toMatchObject({ path: "/admin", readings: ["/admin"] });
  });
});

describe("S-02 encoded slashes", () => {
  const spellings = ["/public/..%2fadmin", "/public/..%2Fadmin", "/public/..%5cadmin", "/public/..%5Cadmin"];

  test.each(spellings)("%s is refused by default", (raw) => {
    expect(codeOf(raw)).toBe("invalid_target");
  });

  test.each(spellings)("%s is forwarded byte for byte and judged both ways where the app takes it", (raw) => {
    const { path, readings } = target(raw, SLASHES);
    expect(path).toBe(raw);
    expect(readings).toContain(raw);
    expect(readings).toContain("/admin");
  });

  test("matrix parameters and encoded slashes combine", () => {
    expect(target("/public;a%2f..;b%2fadmin;c", SLASHES).readings).toContain("/public");
    expect(target("/public/..;%2fadmin", SLASHES).readings).toContain("/admin");
  });
});

describe("S-03 what no two servers read alike", () => {
  test.each([
    "/public/%252e%252e/admin",
    "/%25252e",
    "/%25u0061dmin",
    "/a%00",
    "/a%0a",
    "/a%0D",
    "/a%7f",
    "/%c0%ae%c0%ae/admin",
    "/%e2%80%a8",
    "/%c2%85",
    "/%ed%a0%80",
    "/100%",
    "/%zz",
    "/%u002e",
    "/a b",
    "/a\tb",
    "/ä",
    "/a\u0000",
    "/private#/public",
    "admin",
    `/${"a".repeat(16_384)}`,
  ])("%j is refused", (raw) => {
    expect(codeOf(raw)).toBe("invalid_target");
  });

  test.each([
    "/%256%31dmin",
    "/%25%36%31dmin",
    "/%25%361dmin",
    "/%25%75%30%30%36%31dmin",
    "/%25%35%63x",
    "/%25%32e%252e/admin",
  ])("S-A8: %s becomes a triplet by being settled, and is refused as encoded twice", (raw) => {
    expect(codeOf(raw)).toBe("invalid_target");
    expect(codeOf(raw, SLASHES)).toBe("invalid_target");
  });

  test("a percent sign that stands for itself passes", () => {
    expect(target("/100%25").path).toBe("/100%25");
  });
});

describe("S-04 matrix parameters", () => {
  test.each([
    ["/public/..;/admin", "/admin"],
    ["/admin;x=1", "/admin"],
    ["/admin/.;/", "/admin/"],
    ["/;x/admin", "/admin"],
    ["/public/..;a;b/admin;c", "/admin"],
  ])("%s is judged as it stands and as %s", (raw, bare) => {
    const { path, readings } = target(raw);
    expect(readings[0]).toBe(path);
    expect(path).toContain(";");
    expect(readings).toContain(bare);
  });
});

describe("S-05 other spellings of one path", () => {
  test.each(["//admin", "/./admin", "/%61dmin", "/%61%64min", "\\admin", "///.//admin"])(
    "%s is /admin",
    (raw) => {
      expect(target(raw)).toMatchObject({ path: "/admin", readings: ["/admin"], aliases: [] });
    },
  );

  test("a trailing dot or slash also answers for the path without it", () => {
    expect(target("/admin/.").aliases).toEqual(["/admin"]);
    expect(target("/admin/").aliases).toEqual(["/admin"]);
    expect(target("/").aliases).toEqual([]);
  });

  test("trailing blanks also answer for the path without them", () => {
    expect(target("/admin%20").readings).toEqual(["/admin%20", "/admin"]);
  });

  test.each(["/admin::$DATA", "/admin:%24I30:$INDEX_ALLOCATION", "/admin%3a%3A$data", "/admin.::$DATA"])(
    "%s is /admin too, as a stream of it is to Windows",
    (path) => {
      expect(target(path).readings).toContain("/admin");
    },
  );

  test.each(["/@user", "/Category:X", "/$metadata", "/v1/things:batchGet"])("%s is one path", (path) => {
    expect(target(path).readings).toEqual([path]);
  });

  test.each(["/admin.", "/admin...", "/admin%20.", "/admin.%20.%20", "/admin./", "/admin%2E", "/.../admin"])(
    "%s is /admin too, as it is to Windows",
    (raw) => {
      const { path, readings, aliases } = target(raw);
      expect(readings[0]).toBe(path);
      expect([...readings, ...aliases]).toContain("/admin");
    },
  );

  test("a tail that stands before matrix parameters, or in them, is judged with and without", () => {
    expect(target("/admin.;x").readings).toEqual(["/admin.;x", "/admin.", "/admin"]);
    expect(target("/admin;x.").readings).toEqual(["/admin;x.", "/admin", "/admin;x"]);
  });

  test("dots within a name are only dots", () => {
    expect(target("/a.b/.c/v1..2").readings).toEqual(["/a.b/.c/v1..2"]);
  });

  test("an app that ignores case is judged in lower case and forwarded as sent", () => {
    expect(target("/ADMIN", FOLDED)).toMatchObject({ path: "/ADMIN", readings: ["/admin"] });
    expect(target("/%C3%89t%C3%A9", FOLDED).readings).toEqual(["/%C3%A9t%C3%A9"]);
    expect(target("/%E2%84%AAey", FOLDED).readings).toEqual(["/key"]);
    expect(target("/ADMIN").readings).toEqual(["/ADMIN"]);
  });

  test.each([
    ["/%C5%BFecret", "/secret"], // ſ
    ["/adm%C4%B1n", "/admin"], // ı
    ["/adm%C4%B0n", "/admin"], // İ
    ["/stra%C3%9Fe", "/strasse"], // ß
    ["/%EF%AC%81nance", "/finance"], // ﬁ
    ["/%CF%82", "/%CF%83"], // ς
  ])("S-A8: %s is judged as %s too where the app ignores case", (raw, folded) => {
    const { path, readings } = target(raw, FOLDED);
    expect(path).toBe(raw);
    expect(readings).toContain(folded);
    expect(readings[0]?.toLowerCase()).toBe(decodedLower(raw));
    expect(target(raw).readings).toEqual([raw]);
  });
});

describe("S-06 query and fragment", () => {
  test("the query is forwarded untouched and never judged", () => {
    expect(target("/private?x=/public&y=%2e%zz")).toMatchObject({
      path: "/private",
      query: "?x=/public&y=%2e%zz",
      readings: ["/private"],
    });
    expect(target("?x").path).toBe("/");
  });

  test("an encoded hash belongs to the path", () => {
    expect(target("/public%23/../private").path).toBe("/private");
    expect(target("/public%23x").path).toBe("/public%23x");
  });
});

describe("S-09 reserved space", () => {
  const spaceOf = (raw: string, rules = STRICT) => reservedSpace(target(raw, rules));

  test.each([
    "/.rustronaut/callback",
    "/x/%2e%2e/.rustronaut/callback",
    "//.rustronaut/user",
    "/%2Erustronaut/user",
  ])("%s is ours", (raw) => expect(spaceOf(raw)).toBe("ours"));
  test.each([
    "/.Rustronaut/callback",
    "/.rustronaut",
    "/x/..;/.rustronaut/callback",
    "/.rustronaut;x/callback",
  ])("%s is never forwarded", (raw) => expect(spaceOf(raw)).toBe("disguised"));
  test("an encoded slash does not lead into it", () => {
    expect(spaceOf("/x%2f..%2f.rustronaut/callback", SLASHES)).toBe("disguised");
  });
  test.each(["/.rustronaut/../app", "/.rustronauts/x", "/a/.rustronaut/x", "/"])("%s is the app's", (raw) =>
    expect(spaceOf(raw)).toBe("no"),
  );
});

describe("properties", () => {
  const piece = fc.constantFrom(
    ..."/ // \\ . .. ... a B ~ - _ ; ;x=1 .; ..; %2e %2E %2f %5C %41 %7e %20 %3b %25 %c3%a9 %C3%89 %23 %25 %25 %35 %36 %31 6 1 u0061 %u %c5%bf %C4%B1 %C4%B0 %e2%84%aa %20. | ^ [ ] { } < > ` \" ' ! $ & ( ) * + , = : @ .rustronaut".split(
      " ",
    ),
  );
  const path = fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join("")}`);
  const rules = fc.record({ encodedSlashes: fc.boolean(), caseInsensitivePaths: fc.boolean() });
  const holds = (check: (t: Target, r: typeof STRICT) => void) =>
    fc.assert(
      fc.property(path, rules, (raw, r) => {
        const result = canonicalTarget(raw, r);
        if (result.ok) check(result.value, r);
      }),
      { seed: SEED, numRuns: 5_000 },
    );

  test("canonicalising twice changes nothing", () => {
    holds((t, r) => expect(target(t.path, r)).toEqual(t));
  });

  test("what is forwarded is judged", () => {
    holds((t, r) => {
      if (!r.caseInsensitivePaths) expect(t.readings[0]).toBe(t.path);
      else expect(t.readings[0]?.toLowerCase()).toBe(decodedLower(t.path));
    });
  });

  test("decoding what is forwarded leaves nothing to decode: no upstream reads more into it by doing so twice", () => {
    holds((t) => expect(decodeURIComponent(t.path)).not.toMatch(/%(?:[0-9a-f]{2}|u[0-9a-f]{4})/i));
  });

  test("a URL parser on the way to the upstream changes nothing", () => {
    holds((t) => expect(new URL(`https://upstream.example${t.path}`).pathname).toBe(t.path));
  });

  test("no reading holds a dot segment, an empty one or a fragment", () => {
    holds((t) => {
      for (const reading of [...t.readings, ...t.aliases]) {
        expect(reading).toMatch(/^\//);
        expect(reading).not.toMatch(/\/\.{0,2}\/|\/\.{1,2}$|^\/\/|[?#\\]/);
      }
    });
  });

  test("hostile text of any kind is refused or canonical, never thrown", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), rules, (text, r) => {
        const result = canonicalTarget(`/${text}`, r);
        if (result.ok) expect(result.value.path).toMatch(/^\/[\x21-\x7e]*$/);
        else expect(result.error.code).toBe("invalid_target");
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });
});

/** The naive model of case folding: decode letters outside ASCII, lower-case, encode again. */
const decodedLower = (path: string): string =>
  path
    .replace(/(?:%[89A-F][0-9A-F])+/g, (run) => encodeURIComponent(decodeURIComponent(run).toLowerCase()))
    .toLowerCase();

describe("S-A12 long tails of a name", () => {
  // Quadratic handling takes 20 ms for one of them: four hundred would outlast the test's time-out.
  test.each(["%20", "%20.", ".", ";"])("of %j are handled in linear time", (part) => {
    const raw = `/${part.repeat(Math.floor(16_000 / part.length))}x`;
    for (let i = 0; i < 400; i++) expect(codeOf(raw)).toBe("accepted");
  });
});

describe("splitting a URL as received", () => {
  test.each([
    ["http://a.example/x?y", { scheme: "http", authority: "a.example", target: "/x?y" }],
    ["https://a.example:8443", { scheme: "https", authority: "a.example:8443", target: "" }],
    ["https://a.example\\@b/", { scheme: "https", authority: "a.example", target: "\\@b/" }],
  ])("%s", (url, parts) => expect(splitUrl(url)).toEqual(parts));
  test("another scheme is not split", () => expect(splitUrl("ftp://a/")).toBeNull());
});
