import { execFileSync } from "node:child_process";
import { describe, expect } from "vitest";
import type { Io } from "../../../cli/io.ts";
import { run } from "../../../cli/run.ts";
import { type Need, where } from "../../support/needs.ts";

/** What the shell offers for the last of these words, by the script that the program prints for it. */
type Complete = (script: string, words: readonly string[]) => string;

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");

const SHELLS: Readonly<Record<string, Complete>> = {
  bash: (script, words) =>
    bash(`${script}
COMP_WORDS=(rustronaut ${quoted(words)}); COMP_CWORD=${words.length}; _rustronaut; printf '%s\\n' "\${COMPREPLY[@]}"`),
  fish: (script, words) =>
    execFileSync("fish", ["--no-config", "-c", `${script}\ncomplete -C 'rustronaut ${words.join(" ")}'`], {
      encoding: "utf8",
      cwd: import.meta.dirname,
    }),
  zsh: (script, words) =>
    execFileSync(
      "zsh",
      [
        "-f",
        "-c",
        `compdef() { }; _files() { }; _describe() { print -rl -- "\${(@P)2}" }
${script}
words=(rustronaut ${quoted(words)}); CURRENT=${words.length + 1}; _rustronaut; true`,
      ],
      { encoding: "utf8" },
    ),
};

const bash = (script: string): string => execFileSync("bash", ["-c", script], { encoding: "utf8" });

async function scriptFor(shell: string): Promise<string> {
  let script = "";
  const io = { env: {}, columns: null, out: (text: string) => (script += text), err: () => {} };
  expect(await run(["completion", shell], io as unknown as Io)).toBe(0);
  return script;
}

/** The words alone: behind them the shells say what each is for. */
const wordsOf = (offered: string): string[] =>
  offered
    .split("\n")
    .map((line) => line.split(/[\t:]/)[0] ?? "")
    .filter((word) => /^[a-z-]+$/.test(word));

describe.each(Object.entries(SHELLS))("completion in %s", (shell, complete) => {
  where(shell as Need).it("offers commands, choices, and options once a dash is typed", async () => {
    const script = await scriptFor(shell);
    const offers = (...words: string[]) => wordsOf(complete(script, words));
    expect(offers("policy", "").sort()).toEqual([
      "check",
      "coverage",
      "diff",
      "new",
      "replay",
      "test",
      "validate",
    ]);
    expect(offers("--json", "sessions", "").sort()).toEqual(["count", "kill", "list", "receipts", "show"]);
    expect(offers("completion", "").sort()).toEqual(["bash", "fish", "zsh"]);
    expect(offers("sessions", "kill", "--")).toEqual(expect.arrayContaining(["--user", "--app"]));
    // Where only a file can follow, the shell's own completion of files must not be in anybody's way.
    expect(offers("apply", "-f", "")).not.toContain("--file");
  });
});
