import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadState, StateInUse } from "../../../scripts/local/state.ts";

it("keeps the local state from a second start, also from one that would begin anew", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rustronaut-state-"));
  const first = loadState(false, folder);
  expect(loadState(false, folder)).toEqual(first);
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "scripts/start.ts"]);
  try {
    await once(other, "spawn");
    writeFileSync(join(folder, "pid"), String(other.pid));
    expect(() => loadState(false, folder)).toThrow(StateInUse);
    expect(() => loadState(true, folder)).toThrow(StateInUse);
    expect(existsSync(join(folder, "local.json"))).toBe(true);
  } finally {
    other.kill();
    await once(other, "exit");
  }
  expect(loadState(false, folder)).toEqual(first);
  expect(loadState(true, folder).secretKey).not.toBe(first.secretKey);
});
