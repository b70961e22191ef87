import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { buildDownloads } from "../../../scripts/build-downloads.ts";
import { installerHash, installLine, joinLine } from "../../../shared/node/install-line.ts";

/** The installer as the hub's build makes it, run by a user who may install nothing: its first word says so. */

let script: string;
beforeAll(async () => {
  const outdir = mkdtempSync(join(tmpdir(), "rustronaut-downloads-"));
  await buildDownloads(outdir, join(outdir, "built"));
  script = readFileSync(join(outdir, "install.sh"), "utf8");
});

const NOBODY = 65_534;
const runAs = (text: string) =>
  spawnSync("sh", {
    input: text,
    encoding: "utf8",
    cwd: "/",
    ...(process.getuid?.() === 0 ? { uid: NOBODY } : {}),
  });

describe("the installer", () => {
  it("U29: runs as a whole, and not at all when its download was cut, wherever that was", () => {
    expect(runAs(script).stderr).toBe("install: must run as root: use sudo\n");
    const ends = Array.from({ length: script.length - 1 }, (_, end) => end).filter(
      (end) => end % 97 === 0 || end > script.length - 40,
    );
    for (const end of ends) {
      const { stdout, stderr } = runAs(script.slice(0, end));
      expect({ end, stdout, ran: stderr.includes("install:") }).toEqual({ end, stdout: "", ran: false });
    }
  });

  it("U29: holds the service, and each hash of what it fetches", () => {
    expect(script).toContain("ExecStart=rustronaut-agent up --hub $");
    expect(script).toMatch(/check '[0-9a-f]{64}' "\$1"/);
    expect(script.replace("'@HUB@'", "")).not.toMatch(/@[A-Z_0-9]+@/);
    expect(script.endsWith("\n") && !script.endsWith("\n\n")).toBe(true);
  });
});

describe("a single executable", () => {
  it("U29: is served in parts that Cloudflare takes, and only if it was built of the same source", async () => {
    const outdir = mkdtempSync(join(tmpdir(), "rustronaut-downloads-"));
    const built = join(outdir, "built");
    mkdirSync(built);
    const program = randomBytes(26 * 1_048_576);
    writeFileSync(join(built, "rustronaut-agent"), program);
    const note = (bundleSha256: string) =>
      writeFileSync(join(built, "rustronaut-agent.json"), JSON.stringify({ arch: "arm64", bundleSha256 }));
    note("of yesterday");
    const { downloads: before } = await buildDownloads(outdir, built);
    expect(before.map(({ kind }) => kind)).toEqual(["bundle"]);
    note(before[0]?.program.sha256 ?? "");
    const [, executable] = (await buildDownloads(outdir, built)).downloads;
    expect(executable).toMatchObject({ kind: "executable", machine: "aarch64" });
    const files = executable?.paths.map((path) => join(outdir, path)) ?? [];
    expect(files.map((file) => statSync(file).size < 25 * 1_048_576)).toEqual([true, true]);
    expect(gunzipSync(Buffer.concat(files.map((file) => readFileSync(file)))).equals(program)).toBe(true);
    expect(readFileSync(join(outdir, "install.sh"), "utf8")).toContain(
      `aarch64) parts='${executable?.paths.join(" ")}' packed_sha256=${executable?.sha256} ;;`,
    );
  });
});

describe("the line that installs", () => {
  it("U29: is bound to the installer that was shown, and gives neither key nor installer as an argument", async () => {
    expect(await installerHash("abc", crypto.subtle)).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(installLine("https://hub.example", "ab12", "rnek_a.b")).toBe(
      ` s=$(curl -fsS 'https://hub.example/install.sh') && [ "$(printf '%s\\n' "$s" | sha256sum)" = 'ab12  -' ] && printf 'RUSTRONAUT_KEY=%s\\n%s\\n' rnek_a.b "$s" | sudo sh || { echo 'The agent was not installed' >&2; false; }`,
    );
    expect(joinLine("https://hub.example", "rnek_a.b")).toBe(
      " echo rnek_a.b | sudo rustronaut-agent up --hub 'https://hub.example' --key-file /dev/stdin",
    );
  });
});
