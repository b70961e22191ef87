import { describe, expect, test } from "vitest";
import {
  type CorsSettings,
  corsHeaders,
  DEFAULT_CORS_SETTINGS,
  isForeignAllowed,
  isPreflight,
  preflightHeaders,
  withCors,
} from "../../../shared/http/cors.ts";

const OWN = "https://app.example";
const SPA = "https://spa.example";
const cors = (settings: Partial<CorsSettings> = {}): CorsSettings => ({
  ...DEFAULT_CORS_SETTINGS,
  allowedOrigins: [SPA],
  ...settings,
});
const CORS = cors();

describe("S-46 preflights", () => {
  test.each([
    ["OPTIONS", OWN, "PUT", true],
    ["OPTIONS", null, "PUT", false],
    ["OPTIONS", OWN, null, false],
    ["OPTIONS", OWN, "P UT", false],
    ["GET", OWN, "PUT", false],
  ])("%s, origin %s, method %s: %s", (method, origin, asked, is) =>
    expect(isPreflight(method, origin, asked)).toBe(is),
  );

  test("headers are named back only when they are names", () => {
    const asked = (headers: string | null) =>
      new Map(preflightHeaders(SPA, "PUT", headers, CORS)).get("access-control-allow-headers");
    expect(asked("x-a, Content-Type")).toBe("x-a, Content-Type");
    expect(asked('x"y')).toBeUndefined();
    expect(asked(null)).toBeUndefined();
  });
});

test("refusals are readable by allowed origins only, never by a wildcard (S-33)", () => {
  expect(new Map(corsHeaders(SPA, OWN, CORS)).get("access-control-allow-origin")).toBe(SPA);
  const near = [
    "http://spa.example",
    "https://x.spa.example",
    "https://xspa.example",
    "https://spa.example.x",
  ];
  const strangers = [
    null,
    "https://evil.example",
    "null",
    OWN,
    ...near,
    `${SPA}:8443`,
    `${SPA}.`,
    `${SPA}, ${SPA}`,
  ];
  for (const origin of strangers) {
    expect([origin, corsHeaders(origin, OWN, CORS)]).toEqual([origin, [["vary", "Origin"]]]);
    expect(isForeignAllowed(origin, OWN, CORS)).toBe(false);
  }
  // The app's own pages need no leave, so none is said, whatever is listed.
  expect(corsHeaders(OWN, OWN, cors({ allowedOrigins: [OWN] }))).toEqual([["vary", "Origin"]]);
});

test("an app without other origins says nothing about them", () => {
  expect(corsHeaders(SPA, OWN, DEFAULT_CORS_SETTINGS)).toEqual([]);
});

describe("CORS as an app sets it", () => {
  const preflight = (settings: Partial<CorsSettings>) =>
    new Map(preflightHeaders(SPA, "PUT", "x-a", cors(settings)));
  test("methods, headers and age are the app's, not those that were asked for", () => {
    const said = preflight({
      corsMethods: ["PUT", "PATCH"],
      corsHeaders: ["x-b", "content-type"],
      corsMaxAgeSeconds: 5,
    });
    expect(said.get("access-control-allow-methods")).toBe("PUT, PATCH");
    expect(said.get("access-control-allow-headers")).toBe("x-b, content-type");
    expect(said.get("access-control-max-age")).toBe("5");
  });
  test("without credentials nothing says that they may be sent", () => {
    const without = { corsCredentials: false };
    expect(preflight(without).has("access-control-allow-credentials")).toBe(false);
    expect(new Map(corsHeaders(SPA, OWN, cors(without))).has("access-control-allow-credentials")).toBe(false);
    expect(preflight({}).get("access-control-allow-credentials")).toBe("true");
  });

  const GATEWAY = cors({ corsAnswers: "gateway", corsExposedHeaders: ["x-total"] });
  const ANSWER = [
    ["access-control-allow-origin", "*"],
    ["access-control-allow-credentials", "true"],
    ["vary", "Accept"],
    ["vary", "Accept-Language"],
    ["x-total", "3"],
  ] as const;
  test("the app's own words about origins stand, unless the gateway is to say it", () => {
    expect(withCors(ANSWER, SPA, OWN, CORS)).toBe(ANSWER);
    expect(withCors(ANSWER, SPA, OWN, GATEWAY)).toEqual([
      ["x-total", "3"],
      ["access-control-allow-origin", SPA],
      ["access-control-allow-credentials", "true"],
      ["access-control-expose-headers", "x-total"],
      ["vary", "Accept, Accept-Language, Origin"],
    ]);
  });
  test.each([null, OWN, "https://evil.example"])(
    "origin %s may read nothing across sites, and no cache mistakes it for one that may",
    (origin) =>
      expect(withCors(ANSWER, origin, OWN, GATEWAY)).toEqual([
        ["x-total", "3"],
        ["vary", "Accept, Accept-Language, Origin"],
      ]),
  );
});
