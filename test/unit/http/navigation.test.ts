import { describe, expect, it } from "vitest";
import { isRootServiceWorker, maySignIn, showsPage } from "../../../shared/http/navigation.ts";

const asked = (method: string, headers: Record<string, string>) => ({
  method,
  headers: new Headers(headers),
});
const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const HTML = { accept: "text/html,*/*;q=0.8" };

describe("G13: whether a person sees the answer, and whether a sign-in may begin", () => {
  it.each<[string, string, Record<string, string>, boolean, boolean]>([
    ["a navigation", "GET", NAVIGATE, true, true],
    [
      "a navigation of an Android WebView",
      "GET",
      { ...NAVIGATE, "x-requested-with": "com.example.app" },
      true,
      true,
    ],
    [
      "one whose WebView claims to be a script",
      "GET",
      { ...NAVIGATE, "x-requested-with": "XMLHttpRequest" },
      true,
      true,
    ],
    ["a navigation that asks for JSON", "GET", { ...NAVIGATE, accept: "application/json" }, true, true],
    ["a form that is sent", "POST", NAVIGATE, true, false],
    ["a form that is put by an override", "PUT", NAVIGATE, true, false],
    ["a frame", "GET", { ...NAVIGATE, "sec-fetch-dest": "iframe" }, true, false],
    ["an old frame", "GET", { ...NAVIGATE, "sec-fetch-dest": "frame" }, true, false],
    [
      "an old browser's frame",
      "GET",
      { ...HTML, "sec-fetch-mode": "nested-navigate", "sec-fetch-dest": "nested-document" },
      true,
      false,
    ],
    ["a page fetched ahead", "GET", { ...NAVIGATE, "sec-purpose": "prefetch" }, true, false],
    ["a page rendered ahead", "GET", { ...NAVIGATE, "sec-purpose": "prefetch;prerender" }, true, false],
    ["an older fetch ahead", "GET", { ...HTML, purpose: "prefetch" }, true, false],
    ["an embedded object", "GET", { ...NAVIGATE, "sec-fetch-dest": "object" }, true, false],
    ["a fetch", "GET", { ...HTML, "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }, false, false],
    ["a fetch of the same origin", "GET", { ...HTML, "sec-fetch-mode": "same-origin" }, false, false],
    ["an image", "GET", { ...HTML, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }, false, false],
    ["a WebSocket", "GET", { ...NAVIGATE, upgrade: "websocket" }, false, false],
    ["an older browser", "GET", HTML, true, true],
    ["an older browser's form", "POST", HTML, true, false],
    ["an older WebView", "GET", { ...HTML, "x-requested-with": "com.example.app" }, true, true],
    ["an older browser's script", "GET", { ...HTML, "x-requested-with": "XMLHttpRequest" }, false, false],
    ["curl", "GET", { accept: "*/*" }, false, false],
    ["nothing at all", "GET", {}, false, false],
    ["an API call", "DELETE", HTML, false, false],
  ])("%s", (_name, method, headers, page, signIn) => {
    expect([showsPage(asked(method, headers)), maySignIn(asked(method, headers))]).toEqual([page, signIn]);
  });
});

describe("S-A5: a service worker that would watch over the whole host", () => {
  const script = { "service-worker": "script", "sec-fetch-dest": "serviceworker" };
  it.each<[string, Record<string, string>, boolean]>([
    ["/sw.js", script, true],
    ["/sw.js", { "service-worker": "script" }, true],
    ["/sw.js", { "sec-fetch-dest": "serviceworker" }, true],
    ["/", script, true],
    ["/app/sw.js", script, false],
    ["/sw.js", { "sec-fetch-dest": "script" }, false],
  ])("%s with %j: %s", (path, headers, is) => {
    expect(isRootServiceWorker(asked("GET", headers), path)).toBe(is);
  });
});
