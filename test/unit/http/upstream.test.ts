import { describe, expect, test } from "vitest";
import { checkUpstream } from "../../../shared/http/upstream.ts";

const RULES = { developmentHosts: ["127.0.0.1:9001"], ownHosts: ["auth.example.net", "wiki.example.net"] };
const check = (url: string) => {
  const result = checkUpstream(url, RULES);
  return result.ok ? result.value : result.error.code;
};

describe("S-42 upstreams that are refused", () => {
  test.each([
    "http://127.1",
    "http://0x7f.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://１２７.0.0.1",
    "http://①②⑦.0.0.1",
    "http://127.0.0.1.",
    "http://169.254.169.254",
    "http://[fd00::1]",
    "http://[fe80::1]",
    "http://100.64.0.1",
    "http://198.18.0.1",
    "http://[64:ff9b::7f00:1]",
    "http://0.0.0.0",
    "http://10.1.2.3",
    "http://metadata.google.internal",
    "http://x.internal.",
    "http://localhost..",
    "http://x.internal..",
    "https://auth.example.net..",
    "https://public..example.com",
    "http://localhost",
    "http://a.localhost:9001",
    "http://printer.local",
    "http://wiki",
    "http://127.0.0.1:9002",
    "https://auth.example.net",
    "https://WIKI.example.net.:8443",
    "https://user:pass@public.example.com",
    "https://public.example.com/path",
    "https://public.example.com/?q",
    "https://public.example.com/?",
    "https://public.example.com/#",
    "ftp://public.example.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "not a url",
    "",
    `https://${"a".repeat(600)}.example.com`,
  ])("%s", (url) => expect(check(url)).toBe("upstream_forbidden"));
});

describe("upstreams that are taken, in one spelling", () => {
  test.each([
    ["https://Public.Example.com", "https://public.example.com"],
    ["https://public.example.com:443/", "https://public.example.com"],
    ["http://public.example.com.:8080", "http://public.example.com:8080"],
    ["https://1.1.1.1", "https://1.1.1.1"],
    ["https://[2606:4700:4700::1111]:8443", "https://[2606:4700:4700::1111]:8443"],
    ["https://bücher.example.com", "https://xn--bcher-kva.example.com"],
    ["http://127.0.0.1:9001", "http://127.0.0.1:9001"],
  ])("%s is %s", (url, origin) => expect(check(url)).toBe(origin));
});

describe("U2: a private upstream is refused with a way on", () => {
  const detail = (url: string, developmentHosts: string[]) => {
    const result = checkUpstream(url, { developmentHosts, ownHosts: [] });
    return result.ok ? "" : result.error.detail;
  };

  test.each([
    ["http://127.0.0.1:3000", "127.0.0.1:3000"],
    ["http://localhost:5173", "localhost:5173"],
    ["http://printer.local", "printer.local:80"],
    ["http://[fd00::1]", "[fd00::1]:80"],
  ])("on somebody's machine %s can be allowed", (url, named) =>
    expect(detail(url, ["127.0.0.1:9001"])).toContain(`npm start -- --allow ${named}`),
  );

  test("at the edge, the option of the local hub is not named", () => {
    expect(detail("http://10.0.0.5:3000", [])).not.toContain("--allow");
    expect(detail("http://10.0.0.5:3000", [])).toContain("docs/first-app.md");
  });
});
