import { describe, expect, test } from "vitest";
import { forRange, forWhole, framedLength, headersOfPassed } from "../../../shared/http/representation.ts";
import { faultOfAnswer, faultOfError, refusalOfFault } from "../../../shared/http/upstream-fault.ts";

const upstream = (headers: Record<string, string>) => ({ get: (name: string) => headers[name] ?? null });

describe("S-A7: the length of a body", () => {
  test.each([
    [{ "content-length": "10" }, 10],
    [{ "content-length": "0" }, 0],
    [{}, null],
    [{ "content-length": "10", "transfer-encoding": "chunked" }, null],
    [{ "content-length": "10", "content-encoding": "gzip" }, null],
    [{ "content-length": "10", "content-encoding": "zstd" }, null],
    [{ "content-length": "many" }, null],
    [{ "content-length": "-1" }, null],
    [{ "content-length": "1e3" }, null],
    [{ "content-length": "9".repeat(40) }, null],
  ])("%j is %s", (headers, length) => expect(framedLength(upstream(headers))).toBe(length));
});

describe("G14: the headers of what is passed on", () => {
  const CODED: [string, string][] = [
    ["content-encoding", "gzip"],
    ["content-length", "10"],
    ["accept-ranges", "bytes"],
    ["content-md5", "x"],
    ["etag", '"a"'],
    ["vary", "accept-encoding"],
  ];
  test.each(["gzip", "br"])("%s was undone: what was said of the coded bytes goes", (coding) => {
    expect(headersOfPassed(CODED, upstream({ "content-encoding": coding }))).toEqual([
      ["etag", 'W/"a"'],
      ["vary", "accept-encoding"],
    ]);
  });
  test("a weak ETag stays as it is", () => {
    expect(headersOfPassed([["etag", 'W/"a"']], upstream({ "content-encoding": "gzip" }))).toEqual([
      ["etag", 'W/"a"'],
    ]);
  });
  test("a coding that nobody undoes stays, and so does everything without one", () => {
    const headers: [string, string][] = [
      ["etag", '"a"'],
      ["accept-ranges", "bytes"],
    ];
    for (const coding of [{ "content-encoding": "zstd" }, {}])
      expect(headersOfPassed(headers, upstream(coding))).toEqual(headers);
  });
  test("a part is asked for without a coding, the whole as it was", () => {
    const accept: [string, string] = ["Accept-Encoding", "gzip"];
    expect(forRange([accept, ["Range", "bytes=0-1"]])).toEqual([
      ["Range", "bytes=0-1"],
      ["accept-encoding", "identity"],
    ]);
    expect(forRange([accept])).toEqual([accept]);
    expect(
      forWhole([
        ["range", "bytes=0-1"],
        ["If-Range", '"a"'],
        ["x-range", "1"],
      ]),
    ).toEqual([["x-range", "1"]]);
  });
});

describe("G16: what a fault is told as", () => {
  test.each([
    [{ retryable: true }, "lost"],
    [new Error("internal error"), "unconnectable"],
    [null, "unconnectable"],
  ])("the error %j is %s", (error, fault) => expect(faultOfError(error)).toBe(fault));
  test.each([
    [526, "cloudflare", "unconnectable"],
    [530, "cloudflare", "unconnectable"],
    [521, "cloudflare", "lost"],
    [524, "cloudflare", "timeout"],
    [520, "cloudflare", "malformed"],
    [526, "nginx", null],
    [526, null, null],
    [502, "cloudflare", null],
    [200, "cloudflare", null],
    [999, null, "malformed"],
    [101, null, "malformed"],
  ])("%s of %s is %s", (status, server, fault) => expect(faultOfAnswer(status, server)).toBe(fault));
  test("what lasts does not say that trying again helps", () => {
    for (const fault of ["forbidden", "unconnectable", "malformed"] as const)
      expect(refusalOfFault(fault, true).detail).not.toMatch(/again|moment/);
    expect(refusalOfFault("lost", true).detail).toMatch(/Try again/);
    expect(refusalOfFault("lost", false).detail).toMatch(/look before you send it again/);
  });
});
