import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** It has a child, as `npm start` has workerd. All write to one pipe, which closes when the last of them has ended. */
const PROGRAM = `
import { spawn } from "node:child_process";
import { endChildrenWithUs, whenNpmEnds } from ${JSON.stringify(resolve("scripts/local/end-together.ts"))};
endChildrenWithUs();
whenNpmEnds(() => process.exit(0));
const child = spawn("sleep", ["45"], { stdio: "inherit" });
// Behind what \`endChildrenWithUs\` does when the child is there: a kill before that is in nobody's power.
child.once("spawn", () => console.log("ready", process.pid));`;

const folder = mkdtempSync(join(tmpdir(), "rn-end-"));
beforeAll(() => {
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const start = scripts.start.replace("scripts/start.ts", "program.ts");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", scripts: { start } }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function npmStart() {
  const npm = spawn("npm", ["start", "-s"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  for await (const chunk of npm.stdout.iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (said.includes("\n")) break;
  }
  npm.stdout.resume();
  return { npm, program: Number(/ready (\d+)/.exec(said)?.[1]) };
}

describe("what npm start has begun", () => {
  it.each(["SIGTERM", "SIGHUP", "SIGKILL"] as const)(
    "ends when npm is ended by %s",
    { timeout: 30_000 },
    async (signal) => {
      const { npm } = await npmStart();
      npm.kill(signal);
      await once(npm, "close");
      expect(npm.stdout.readableEnded).toBe(true);
    },
  );

  it("ends when the script itself is killed", { timeout: 30_000 }, async () => {
    const { npm, program } = await npmStart();
    process.kill(program, "SIGKILL");
    await once(npm, "close");
    expect(npm.stdout.readableEnded).toBe(true);
  });
});
