import { describe, expect, it } from "vitest";
import { mayDial, mayLeadTo, parseDialList, targetOfUpstream } from "../../../shared/connector/dial-list.ts";
import { checkPrivateUpstream } from "../../../shared/connector/private-upstream.ts";

describe("what an agent may dial", () => {
  it("is what its list names, host and port, in any spelling of the same", () => {
    const list = parseDialList("Wiki.internal.:8080, 10.0.0.5:443,[fd12:0::5]:22");
    if (!list.ok) throw new Error(list.error);
    const may = (upstream: string) => {
      const target = targetOfUpstream(upstream);
      return target !== null && mayDial(list.value, target);
    };
    expect(
      [
        "http://wiki.internal:8080",
        "https://10.0.0.5",
        "tcp://[fd12::5]:22",
        "http://WIKI.internal:8080",
      ].map(may),
    ).toEqual([true, true, true, true]);
    expect(
      ["http://wiki.internal", "http://10.0.0.5", "http://10.0.0.5:80", "http://sub.wiki.internal:8080"].map(
        may,
      ),
    ).toEqual([false, false, false, false]);
  });

  it.each([
    "wiki",
    "wiki:0",
    "wiki:65536",
    "wiki:80/path",
    "http://wiki:80",
    "1.2.3:80",
    "0x7f.1:80",
    "2130706433:80",
    "fd12::5:22",
    "*:80",
    "user@wiki:80",
    "wiki:",
  ])("is not %s", (text) => {
    expect(parseDialList(text).ok).toBe(false);
  });

  it("S-42: is never a metadata service or the agent itself behind a harmless name", () => {
    const addresses = [
      "169.254.169.254",
      "127.0.0.1",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:169.254.169.254",
      "fe80::1",
      "fd00:ec2::254",
      "100.100.100.200",
      "0.0.0.0",
      "::",
      "224.0.0.1",
      "192.0.2.1",
      "198.18.0.1",
      "64:ff9b::a00:1",
      "no address",
    ];
    expect(addresses.filter((address) => mayLeadTo("wiki.internal", address))).toEqual([]);
    expect(
      ["10.1.2.3", "192.168.1.1", "fd12::1", "100.64.0.1", "93.184.215.14"].map((a) =>
        mayLeadTo("wiki.internal", a),
      ),
    ).toEqual([true, true, true, true, true]);
  });

  it("is such an address where the list names it as such, and this machine by its own name", () => {
    expect(mayLeadTo("169.254.169.254", "169.254.169.254")).toBe(true);
    expect([mayLeadTo("127.0.0.1", "127.0.0.1"), mayLeadTo("localhost", "::1")]).toEqual([true, true]);
  });
});

describe("the upstream of a private app", () => {
  it.each([
    ["http://10.0.0.5:80", "http://10.0.0.5"],
    ["https://Wiki.Internal:443/", "https://wiki.internal"],
    ["tcp://db:5432", "tcp://db:5432"],
    ["http://[fd12:0:0::5]:8080", "http://[fd12::5]:8080"],
  ])("%s is stored as %s", (url, stored) => {
    expect(checkPrivateUpstream(url, [])).toEqual({ ok: true, value: stored });
  });

  it.each([
    "tcp://db",
    "ftp://wiki",
    "http://wiki/path",
    "http://user@wiki",
    "http://wiki?x",
    "http://hub.example.com",
    "wiki:80",
  ])("%s is refused", (url) => {
    expect(checkPrivateUpstream(url, ["hub.example.com"]).ok).toBe(false);
  });
});
