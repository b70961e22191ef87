import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

/** A copy of the repository as somebody has it who forgot `npm install`, or whose Node is too old. */
function runReady({ installed, node }: { installed: boolean; node: "new" | "old" }) {
  const folder = mkdtempSync(join(tmpdir(), "rn-ready-"));
  cpSync("scripts/ready.js", join(folder, "scripts/ready.js"));
  if (installed) mkdirSync(join(folder, "node_modules/miniflare"), { recursive: true });
  const old = node === "old" ? ["--no-experimental-strip-types"] : [];
  const args = [
    "--input-type=module",
    "-e",
    `await import(${JSON.stringify(join(folder, "scripts/ready.js"))})`,
  ];
  const { status, stderr } = spawnSync(process.execPath, [...old, ...args], { encoding: "utf8" });
  return { status, stderr };
}

it("U30: says that `npm install` comes first", () => {
  expect(runReady({ installed: false, node: "new" })).toEqual({
    status: 1,
    stderr: "Packages are missing. Run `npm install` first (without --omit=dev).\n",
  });
});
it("U30: says which Node is needed, under one that can't run TypeScript", () => {
  const { status, stderr } = runReady({ installed: true, node: "old" });
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("This needs Node 22.18 or newer, and this is v"),
  ]);
});
it("U30: is silent where nothing is missing", () => {
  expect(runReady({ installed: true, node: "new" })).toEqual({ status: 0, stderr: "" });
});
