import { describe, expect, test } from "vitest";
import {
  forwardedHeaders,
  nextVia,
  overriddenMethods,
  serviceBearer,
  withoutOurCookies,
} from "../../../shared/http/headers.ts";
import { CLOSED, names } from "./forwarded-names.ts";

const OVERRIDING = { ...CLOSED, methodOverride: true };

describe("the app's own header for credentials of programs", () => {
  test("never reaches the app, in no spelling that an app may take for it", () => {
    const sent: [string, string][] = [
      ["X-Api-Key", "a"],
      ["x_api_key", "b"],
      ["X.Api.Key", "c"],
      ["x-other", "d"],
    ];
    expect(names(sent, { ...CLOSED, tokenHeaders: ["x-api-key"] })).toEqual(["x-other"]);
    expect(names(sent)).toContain("x-api-key");
  });
});

describe("S-15 hop-by-hop", () => {
  test("what the client's Connection names is dropped, in any case", () => {
    const sent: [string, string][] = [
      ["Connection", "X-Secret, cookie ,close"],
      ["X-SECRET", "1"],
      ["Cookie", "a=b"],
      ["close", "kept"],
      ["Keep-Alive", "1"],
      ["TE", "trailers"],
      ["Transfer-Encoding", "chunked"],
      ["Upgrade", "h2c"],
      ["Proxy-Authorization", "x"],
    ];
    expect(names(sent)).toEqual(["close"]);
  });

  test("S-A1: names in Connection and the headers that they mean are folded alike", () => {
    const sent: [string, string][] = [
      ["Connection", "x.secret, X_Other"],
      ["X-Secret", "1"],
      ["X_SECRET", "2"],
      ["x.other", "3"],
      ["x-third", "4"],
    ];
    expect(names(sent)).toEqual(["x-third"]);
  });
});

describe("cookies", () => {
  test.each([
    ["a=1; __Host-rn_s=x; b=2", "a=1; b=2"],
    ["__Host-rn_s=x", ""],
    ["__Host-rn_l_abcdefgh=x; __Host-rn_g=y", ""],
    ["__HOST-RN_S=x; a=1", "a=1"],
    ['"__Host-rn_s=x; a=1', "a=1"],
    ["a=__Host-rn_s", "a=__Host-rn_s"],
    ["a=1;  b=2", "a=1;  b=2"],
  ])("%s becomes %j", (sent, kept) => expect(withoutOurCookies(sent)).toBe(kept));

  test("a Cookie header of ours alone is not forwarded", () => {
    expect(names([["cookie", "__Host-rn_s=x"]])).toEqual([]);
  });
});

describe("credentials of ours", () => {
  test.each([
    ["Bearer rnsvc_abc", "rnsvc_abc"],
    ["bearer  rnsvc_abc", "rnsvc_abc"],
    ["Bearer rnapi_abc", "rnapi_abc"],
    ["Bearer,rnsvc_abc", "rnsvc_abc"],
    ["Bearer eyJhbGciOi", null],
    ["Basic rnsvc_abc", null],
    ["", null],
  ])("%j", (value, token) => expect(serviceBearer(value)).toBe(token));

  test.each([
    "NTLM TlRMTVNT",
    "Negotiate YII",
    "negotiate",
    " ntlm x",
    "Basic dTpw, NTLM TlRM",
    "Kerberos x",
  ])("G3: %j signs in a connection, which others share, and stays here", (value) =>
    expect(names([["authorization", value]])).toEqual([]),
  );
  test.each(["Basic bnRsbQ==", "Digest username=ntlm", "Bearer negotiate", "NTLM2-like x", "Negotiated x"])(
    "G3: %j signs in a request, and passes",
    (value) => expect(names([["authorization", value]])).toEqual(["authorization"]),
  );

  test("they stay here; the upstream's own pass", () => {
    expect(names([["authorization", "Bearer rnsvc_abc"]])).toEqual([]);
    expect(names([["authorization", "Bearer upstream"]])).toEqual(["authorization"]);
  });
});

describe("S-46 method override", () => {
  test.each([
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-HTTP-Method",
    "X-Method",
    "X-Override-Method",
  ])("%s", (name) => {
    expect(names([[name, "DELETE"]])).toEqual([]);
    expect(names([[name, "DELETE"]], OVERRIDING)).toEqual([name.toLowerCase()]);
  });

  test.each([
    ["X_HTTP_Method_Override", "DELETE"],
    ["X.HTTP.Method.Override", "DELETE"],
    ["X-HTTP--Method-Override", "DELETE"],
    ["X-HTTP-Method-Override", "GET, DELETE"],
    ["X-HTTP-Method-Override", "DELETE;q=1"],
    ["X-HTTP-Method-Override", ""],
  ])("%s: %s is never forwarded, for it is not judged", (name, value) => {
    expect(names([[name, value]], OVERRIDING)).toEqual([]);
    expect(overriddenMethods((asked) => (asked === name.toLowerCase() ? value : null))).toEqual([]);
  });

  test("each named method is judged", () => {
    const sent = new Map([
      ["x-http-method-override", " delete "],
      ["x-http-method", "PUT"],
    ]);
    expect(overriddenMethods((name) => sent.get(name) ?? null)).toEqual(["DELETE", "PUT"]);
  });
});

describe("what we say about the client", () => {
  test("IPv4, IPv6 and unknown", () => {
    const about = (ip: string | null) =>
      Object.fromEntries(forwardedHeaders({ ip, host: "a.example", scheme: "https" }));
    expect(about("192.0.2.1")).toEqual({
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-host": "a.example",
      "x-forwarded-proto": "https",
      "x-real-ip": "192.0.2.1",
      forwarded: 'for=192.0.2.1;host="a.example";proto=https',
    });
    expect(about("2001:db8::1").forwarded).toBe('for="[2001:db8::1]";host="a.example";proto=https');
    expect(about(null)).not.toHaveProperty("x-forwarded-for");
  });
});

describe("S-45 loop guard", () => {
  test("one's own name, or too many names, is a loop", () => {
    expect(nextVia(null, "a")).toBe("a");
    expect(nextVia("a", "b")).toBe("a, b");
    expect(nextVia("a, b", "a")).toBeNull();
    expect(nextVia("1,2,3,4,5,6,7,8", "a")).toBeNull();
    expect(nextVia('x"y, b', "a")).toBe("b, a");
  });
});
