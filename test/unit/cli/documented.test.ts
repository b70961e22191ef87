import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { openApp } from "../../../cli/app.ts";
import type { Io } from "../../../cli/io.ts";
import { RESOURCES } from "../../../cli/resources.ts";
import { describeProgram } from "../../../cli/run.ts";

/** The command lines that the documents tell people to type, held against what the program takes. */

const PROGRAM = new Command("rustronaut");
describeProgram(
  PROGRAM,
  openApp({ out: () => {}, err: () => {}, env: {}, columns: null } as unknown as Io, () => false),
  RESOURCES.map(({ command }) => command),
);

const PAGES = ["README.md"].concat(
  ...["docs", "docs/sign-in", "docs/guides", "docs/decisions"].map((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  ),
);

/** What stands behind each `rustronaut` of a text's code, up to what ends a command for a shell or a reader. */
function commandLines(text: string): string[] {
  const lines = text.replaceAll(/ *\\\n\s*/g, " ").split("\n");
  const isCode = /^ {4,}|^\S*(npx )?rustronaut /;
  const code = lines.flatMap((line) => (isCode.test(line) ? line : (line.match(/`[^`]+`/g) ?? [])));
  // In quotes stands one word, whatever it holds.
  const words = code.map((line) => line.replaceAll(/"[^"]*"|'[^']*'/g, "QUOTED"));
  const command = /(?<!by)(?:^|[\s(;`])(?:npx )?rustronaut ([a-z][^#;>)&…`]*)/g;
  return words.flatMap((line) =>
    [...line.matchAll(command)].map(([, rest = ""]) => rest.split(/ \| | {2,}/)[0] ?? ""),
  );
}

const named = ({ commands }: Command, name: string) =>
  commands.find((one) => one.name() === name || one.aliases().includes(name));

/** What is wrong with a command line. Null if the program takes it. */
function slipIn(line: string): string | null {
  const words = line
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => word.replaceAll(/^\[|\]$/g, ""));
  let command: Command = PROGRAM;
  while (command.commands.length > 0) {
    const [word = ""] = words;
    if (word === "" || word.startsWith("-") || word === "help") return null;
    const unknown = word.split("|").find((name) => !named(command, name));
    if (unknown !== undefined) return `${command.name()} has no ${unknown}`;
    // Of several commands at once, only the names are looked at.
    if (word.includes("|")) return null;
    command = named(command, word) ?? command;
    words.shift();
  }
  const known = [...command.options, ...PROGRAM.options];
  let places = command.registeredArguments.some(({ variadic }) => variadic)
    ? Infinity
    : command.registeredArguments.length;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "|") return null;
    if (word.startsWith("-") && word !== "-") {
      const [name = "", value] = word.split("=", 2);
      if (name === "--help") return null;
      const option = known.find(({ short, long }) => short === name || long === name);
      if (!option) return `${command.name()} has no ${name}`;
      if (value === undefined && (option.required || option.optional)) words.shift();
      if (option.variadic) while (words[0] !== undefined && !words[0].startsWith("-")) words.shift();
    } else if (--places < 0) return `${command.name()} has no place for ${word}`;
  }
  return null;
}

describe("the command line", () => {
  it.each(PAGES)("takes what %s tells to type", (page) => {
    const slips = commandLines(readFileSync(page, "utf8")).flatMap((line) => {
      const slip = slipIn(line);
      return slip === null ? [] : [`${line.trim()}: ${slip}`];
    });
    expect(slips.join("\n")).toBe("");
  });
});
