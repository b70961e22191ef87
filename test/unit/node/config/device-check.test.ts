import { describe, expect, it } from "vitest";
import {
  answeredChecks,
  canonicalCheck,
  type DeviceCheck,
  digestOf,
  parseDeviceCheck,
  printDeviceCheck,
} from "../../../../shared/node/config/device-check.ts";
import { decode, encode } from "../../../../shared/node/config/object.ts";
import { draft } from "./support.ts";

const A = "a".repeat(64);
const parsed = (line: string) => parseDeviceCheck(line) as DeviceCheck;

describe("a check of devices", () => {
  it.each([
    ["edr = process edrd", { name: "edr", kind: "process", target: "edrd", sha256: [] }],
    ["edr=process   /opt/edr/edrd", { name: "edr", kind: "process", target: "/opt/edr/edrd", sha256: [] }],
    [
      `ca = file /etc/ssl/ca.pem sha256:${A}`,
      { name: "ca", kind: "file", target: "/etc/ssl/ca.pem", sha256: [A] },
    ],
  ])("is written as %s", (line, check) => {
    expect(parseDeviceCheck(line)).toEqual(check);
    expect(parsed(printDeviceCheck(parsed(line)))).toEqual(check);
    expect(canonicalCheck(line)).toBe(printDeviceCheck(parsed(line)));
  });

  const PATHS = [
    ..."/home/ann/.ssh/id_ed25519 /root/.bashrc /proc/1/environ /dev/sda /sys/kernel /tmp/x /run/x /media/x".split(
      " ",
    ),
    ..."/ /etc /etc/ /etc//passwd /etc/./passwd /etc/../root/x /usr/bin/* /usr/bin/e?r /usr/{a,b} relative/path".split(
      " ",
    ),
    `/usr/${"x".repeat(300)}`,
  ];
  it.each([
    ...PATHS.map((path) => `x = file ${path}`),
    ...[
      "x = process ../edrd",
      "x = process a/b",
      "x = file edrd",
      "x = script ls",
      "X = file /etc/hosts",
      "/etc/hosts",
    ],
    `x = file /etc/hosts sha256:${A.slice(1)}`,
    `x = file /etc/hosts${Array.from({ length: 9 }, (_, n) => ` sha256:${String(n).repeat(64)}`).join("")}`,
  ])("is not %s", (line) => {
    expect(parseDeviceCheck(line)).toBeNull();
  });

  const config = (target: string, kind = "file") => {
    const { manifest } = draft();
    const made = { ...manifest, record: "A".repeat(43), component: "A".repeat(43), peers: [] };
    const checks = [{ name: "x", kind, target, sha256: [] }] as DeviceCheck[];
    return decode("manifest", encode({ ...made, checks }), "manifest", 100_000);
  };
  it("is refused by the agent itself where it looks into what is not the network's affair, whoever signed it", () => {
    expect(config("/etc/ssl/ca.pem").ok).toBe(true);
    for (const path of PATHS)
      expect([path, config(path)]).toMatchObject([path, { ok: false, error: { code: "INVALID_SHAPE" } }]);
  });

  it("is answered only by a report about exactly this check", () => {
    const [now, before] = [parsed("edr = process edrd"), parsed("edr = process other")];
    const report = (check: DeviceCheck, result: string) => ({
      name: check.name,
      of: digestOf(check),
      result,
    });
    expect(answeredChecks([now], [report(now, "present")])).toEqual(["edr:present"]);
    expect(answeredChecks([now], [report(before, "present")])).toEqual([]);
    expect(answeredChecks([now], [report(now, "certainly")])).toEqual([]);
    expect(answeredChecks([], [report(now, "present")])).toEqual([]);
  });
});
