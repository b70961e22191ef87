import { describe, expect, it } from "vitest";
import { bearerChallenge } from "../../../../shared/access/oauth/challenge.ts";
import { documentAddress, isClientName, readDocument } from "../../../../shared/access/oauth/client.ts";
import { describedPath } from "../../../../shared/access/oauth/metadata.ts";
import { isRedirectOf, readRedirectUri, withAnswer } from "../../../../shared/access/oauth/redirect-uri.ts";
import { isResource } from "../../../../shared/access/oauth/request.ts";
import { readScope, scopeOf } from "../../../../shared/access/oauth/scope.ts";

describe("a redirect address", () => {
  it.each([
    "https://client.example/callback",
    "https://client.example",
    "https://client.example/callback?for=us",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:4711/callback",
    "http://[::1]:4711/",
    "http://localhost:4711/callback",
  ])("may be %s", (text) => expect(readRedirectUri(text)).toEqual({ ok: true, value: text }));
  it.each([
    "http://client.example/callback",
    "http://127.0.0.2/callback",
    "http://127.1/callback",
    "http://0x7f000001/callback",
    "http://localhost./callback",
    "http://localhost@evil.example/",
    "https://user:secret@client.example/",
    "https://client.example/#",
    "https://client.example/a/../b",
    "https://client.example:443/callback",
    "https:client.example",
    "https://client.example\\callback",
    " https://client.example/callback",
    "https://client.example/call\nback",
    "javascript:alert(1)",
    "data:text/html,x",
    "cursor://callback",
    "",
  ])("may not be %j", (text) => expect(readRedirectUri(text).ok).toBe(false));

  it("is compared as it is written, but for the port on the own machine", () => {
    const registered = ["https://client.example/callback", "http://127.0.0.1/callback", "http://[::1]:1/cb"];
    expect(isRedirectOf(registered, "https://client.example/callback")).toBe(true);
    expect(isRedirectOf(registered, "http://127.0.0.1:60000/callback")).toBe(true);
    expect(isRedirectOf(registered, "http://[::1]:2/cb")).toBe(true);
    for (const other of [
      "https://client.example:8443/callback",
      "https://client.example/callback/",
      "http://127.0.0.1:60000/callback2",
      "http://localhost:60000/callback",
      "http://[::1]:2/callback",
      "http://127.0.0.1:60000/callback?x",
    ])
      expect(isRedirectOf(registered, other), other).toBe(false);
  });
  it("keeps its query beside the answer, which can't break out of it", () => {
    expect(withAnswer("https://client.example/cb?for=us", { code: "a&b=#c", state: "é" })).toBe(
      "https://client.example/cb?for=us&code=a%26b%3D%23c&state=%C3%A9",
    );
    expect(withAnswer("https://client.example", { error: "access_denied" })).toBe(
      "https://client.example/?error=access_denied",
    );
  });
});

describe("a client's document", () => {
  const isLocal = ({ host, protocol }: URL) => protocol === "http:" && host === "127.0.0.1:9";
  it.each([
    ["https://a.example/client.json", true],
    ["http://127.0.0.1:9/client.json", true],
    ["http://a.example/client.json", false],
    ["https://a.example/", false],
    ["https://a.example", false],
    ["https://a.example/client.json#x", false],
    ["https://a.example/client.json?x=1", false],
    ["https://a:b@a.example/client.json", false],
    ["https://a.example/x/../client.json", false],
    ["https://A.example/client.json", false],
    ["ftp://a.example/client.json", false],
    [`https://a.example/${"x".repeat(500)}`, false],
  ])("may be at %s: %s", (text, expected) => expect(documentAddress(text, isLocal) !== null).toBe(expected));

  it("is believed for its own address alone", () => {
    const address = new URL("https://a.example/client.json");
    const good = { client_id: address.href, client_name: "A", redirect_uris: ["https://a.example/cb"] };
    expect(readDocument(good, address)).toMatchObject({
      ok: true,
      value: { id: address.href, kind: "document" },
    });
    for (const bad of [
      { ...good, client_id: "https://b.example/client.json" },
      { ...good, client_id: undefined },
      { ...good, client_name: undefined },
      { ...good, redirect_uris: undefined },
      { ...good, token_endpoint_auth_method: "client_secret_basic" },
      [good],
      null,
    ])
      expect(readDocument(bad, address).ok).toBe(false);
  });
});

it("a client's name is one line that stays in its place", () => {
  for (const good of ["Claude", "Ünïcode 名前", "a"]) expect(isClientName(good)).toBe(true);
  for (const bad of ["", " ", "a\nb", "a\u202eb", "a\u200bb", "a\u2028b", "a\0b", "x".repeat(81), 1, null])
    expect(isClientName(bad), JSON.stringify(bad)).toBe(false);
});

it("a scope says again what it was made of", () => {
  for (const wanted of [
    { isFresh: false, need: null },
    { isFresh: true, need: null },
    {
      isFresh: false,
      need: { verification: "second_factor", acr: ["gold", "urn:x:y"], amr: ["hwk"], maxAge: 300 },
    },
    { isFresh: true, need: { verification: "reauthentication", acr: null, amr: [], maxAge: null } },
  ] as const)
    expect(readScope(scopeOf(wanted))).toEqual(wanted);
  expect(scopeOf({ isFresh: false, need: null })).toBe("access");
  expect(readScope("access tools:read unknown verify:nothing max_age:x")).toEqual({
    isFresh: false,
    need: null,
  });
});

it("a challenge holds nothing that a path could break", () => {
  const of = (path: string) => bearerChallenge("https://a.example", path, "access", null);
  const place = "https://a.example/.well-known/oauth-protected-resource";
  expect(of("/mcp")).toBe(`Bearer resource_metadata="${place}/mcp", scope="access"`);
  for (const path of ['/a"b', "/a b", "/a\\b", "/a\nb", "", "/", `/${"x".repeat(600)}`])
    expect(of(path)).toBe(`Bearer resource_metadata="${place}", scope="access"`);
});

it("a path is described under its own name", () => {
  expect(describedPath("/.well-known/oauth-protected-resource")).toBe("");
  expect(describedPath("/.well-known/oauth-protected-resource/mcp/a")).toBe("/mcp/a");
  expect(describedPath("/.well-known/oauth-protected-resources")).toBeNull();
  expect(describedPath("/mcp")).toBeNull();
});

it("a resource is a whole address without a fragment", () => {
  for (const good of ["https://a.example", "https://a.example/mcp?x=1", "HTTPS://A.example/"])
    expect(isResource(good)).toBe(true);
  for (const bad of [
    "",
    "a.example",
    "/mcp",
    "https://a.example/#",
    "https://u@a.example/",
    "ftp://a.example",
    "urn:x",
  ])
    expect(isResource(bad)).toBe(false);
});
