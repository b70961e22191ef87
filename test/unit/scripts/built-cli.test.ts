import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

/** A small program in place of the command line, which says what runs: its sources or one file. */
const MAIN = `import { word } from "../shared/word.ts";
console.log(word, import.meta.url.endsWith(".ts") ? "from sources" : "from one file");`;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An installed copy; `--omit=dev` leaves out what builds. */
function install({ omitDev = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "rn-cli-"));
  folders.push(folder);
  for (const file of ["cli/bin.js", "cli/built.js", "scripts/build-cli.js", "package.json"])
    cpSync(file, join(folder, file));
  mkdirSync(join(folder, "shared"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("cli/main.ts", MAIN);
  write("shared/word.ts", 'export const word: string = "first";');
  write("package-lock.json", "{}");
  if (!omitDev) symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const run = (file: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, file)], {
      encoding: "utf8",
    });
    return { status, said: stdout + stderr };
  };
  return {
    folder,
    write,
    build: () => run("scripts/build-cli.js"),
    cli: () => run("cli/bin.js").said.trim(),
    built: () => readdirSync(join(folder, "dist/cli")),
  };
}

describe("the command line as one file", () => {
  it("runs where it was built of the sources as they are, and else the sources do", () => {
    const { folder, write, build, cli, built } = install();
    expect(build()).toEqual({ status: 0, said: "" });
    expect(cli()).toBe("first from one file");
    write("shared/word.ts", 'export const word: string = "second";');
    expect(cli()).toBe("second from sources");
    build();
    expect(cli()).toBe("second from one file");
    write("package-lock.json", '{"packages":{}}');
    expect(cli()).toBe("second from sources");
    build();
    appendFileSync(join(folder, "scripts/build-cli.js"), "// It builds in another way.");
    expect(cli()).toBe("second from sources");
    build();
    expect(built()).toHaveLength(1);
  });

  it("starts, with every package that the real sources use", () => {
    const { folder, build, built } = install();
    for (const source of ["cli", "shared", "package-lock.json"])
      cpSync(source, join(folder, source), { recursive: true });
    expect(build()).toEqual({ status: 0, said: "" });
    const [name = ""] = built();
    const words = [join(folder, "dist/cli", name), "import", "tailscale", "--help"];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Usage: rustronaut import tailscale");
  });

  it("is not needed: `npm install --omit=dev` and a folder that can't be written end well", () => {
    const lean = install({ omitDev: true });
    expect(lean.build()).toEqual({ status: 0, said: "" });
    expect(lean.cli()).toBe("first from sources");
    const closed = install();
    closed.write("dist", "no folder can be made here");
    expect(closed.build()).toEqual({ status: 0, said: expect.stringContaining("will start slower") });
    expect(closed.cli()).toBe("first from sources");
  });
});
