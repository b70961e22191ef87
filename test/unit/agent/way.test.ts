import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HubAddresses, type Resolve } from "../../../agent/hub/addresses.ts";
import { nameOfProxy, proxyFor } from "../../../agent/hub/proxy.ts";
import { Store } from "../../../agent/state/store.ts";

describe("the proxy on the way to the hub", () => {
  const HUB = "https://hub.example.com";
  const PROXY = "http://proxy.example:3128";
  const hostOf = (origin: string, env: Record<string, string>) => proxyFor(origin, env)?.host ?? null;

  it.each([
    [{ HTTPS_PROXY: PROXY }, "proxy.example:3128"],
    [{ https_proxy: "http://small:1", HTTPS_PROXY: PROXY }, "small:1"],
    [{ ALL_PROXY: PROXY }, "proxy.example:3128"],
    [{ HTTPS_PROXY: "proxy.example:3128" }, "proxy.example:3128"],
    [{ HTTP_PROXY: PROXY }, null],
    [{ HTTPS_PROXY: "" }, null],
    [{}, null],
  ])("M18: of %o is %s", (env, host) => expect(hostOf(HUB, env as Record<string, string>)).toBe(host));

  it.each([
    ["*", true],
    ["example.com", true],
    [".example.com", true],
    ["*.example.com", true],
    ["other.org, hub.example.com", true],
    ["hub.example.com:443", true],
    ["hub.example.com:8443", false],
    ["ample.com", false],
    ["hub.example.com.evil", false],
  ])("M18: is left out when NO_PROXY is %s: %s", (list, isExempt) =>
    expect(hostOf(HUB, { HTTPS_PROXY: PROXY, NO_PROXY: list }) === null).toBe(isExempt),
  );

  it.each([
    ["https://192.0.2.7:8443", "192.0.2.0/24", true],
    ["https://192.0.3.7", "192.0.2.0/24", false],
    ["https://[2001:db8::7]", "2001:db8::/32", true],
    ["https://[2001:db8::7]", "2001:db8::7", true],
    ["https://192.0.2.7", "192.0.2.0/33", false],
  ])("M18: of %s is left out when NO_PROXY is %s: %s", (origin, list, isExempt) =>
    expect(hostOf(origin, { HTTPS_PROXY: PROXY, NO_PROXY: list }) === null).toBe(isExempt),
  );

  it("M18: is told without its password", () => {
    const proxy = proxyFor(HUB, { HTTPS_PROXY: "http://me:secret@proxy.example:3128" });
    expect(proxy && nameOfProxy(proxy)).toBe("http://proxy.example:3128");
  });

  it.each(["socks5://proxy:1080", "http://", "://"])("M18: is refused in words when it is %s", (text) =>
    expect(() => proxyFor(HUB, { HTTPS_PROXY: text })).toThrow(/proxy/),
  );
});

describe("the addresses of the hub", () => {
  let store: Store;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    store = new Store(mkdtempSync(join(tmpdir(), "rustronaut-way-")));
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(store.directory, { recursive: true });
  });

  const found = (...addresses: string[]): Awaited<ReturnType<Resolve>> =>
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const lookUp = (hub: HubAddresses, name = "hub.example.com") =>
    new Promise<unknown>((resolve) => hub.lookup(name, { all: true }, (error, all) => resolve(error ?? all)));

  async function known(resolve: Resolve): Promise<HubAddresses> {
    await new HubAddresses("hub.example.com", store, async () => found("192.0.2.1", "2001:db8::1")).open();
    const hub = new HubAddresses("hub.example.com", store, resolve);
    await hub.open();
    return hub;
  }

  it("M10: are those of the resolver, and kept for the next start", async () => {
    const hub = await known(async () => found("192.0.2.9"));
    expect(await lookUp(hub)).toEqual(found("192.0.2.9"));
    expect(hub.all).toEqual(["192.0.2.9"]);
    expect(await store.recall("hub-addresses")).toEqual(["192.0.2.9"]);
  });

  it("M10: are those of before when the resolver fails", async () => {
    const hub = await known(() => Promise.reject(new Error("EAI_AGAIN")));
    expect(await lookUp(hub)).toEqual(found("192.0.2.1", "2001:db8::1"));
    expect(await lookUp(hub, "elsewhere.example")).toBeInstanceOf(Error);
  });

  it("M10: are those of before when the resolver does not answer, which is asked once only", async () => {
    const resolve = vi.fn<Resolve>(() => new Promise(() => undefined));
    const hub = await known(resolve);
    const looked = Promise.all([lookUp(hub), lookUp(hub)]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await looked).toEqual([found("192.0.2.1", "2001:db8::1"), found("192.0.2.1", "2001:db8::1")]);
    expect(resolve).toHaveBeenCalledTimes(1);
  });

  it("M10: are none when nothing was ever found", async () => {
    const hub = new HubAddresses("hub.example.com", store, () => Promise.reject(new Error("ENOTFOUND")));
    await hub.open();
    expect(hub.all).toEqual([]);
    expect(await lookUp(hub)).toBeInstanceOf(Error);
  });
});
