import { Command } from "commander";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { openApp } from "../../../cli/app.ts";
import type { Io } from "../../../cli/io.ts";
import { RESOURCES } from "../../../cli/resources.ts";
import { describeProgram, run } from "../../../cli/run.ts";
import { packageVersion } from "../../../cli/version.ts";
import { ENDPOINT_LIST } from "../../../shared/api/endpoints.ts";

interface Shape {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** Paths of the members that a schema knows and says nothing of. */
function wordless(shape: Shape, path: string): string[] {
  const below = Object.entries(shape.properties ?? {}).flatMap(([name, member]) => {
    const isSaid = Boolean(member.description ?? member.anyOf?.some(({ description }) => description));
    return [...(isSaid ? [] : [`${path}.${name}`]), ...wordless(member, `${path}.${name}`)];
  });
  return shape.items ? [...below, ...wordless(shape.items, `${path}[]`)] : below;
}

const shapeOf = (schema: z.core.$ZodType): Shape =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;

function program(): Command {
  const made = new Command("rustronaut");
  const io = { out: () => {}, err: () => {}, env: {}, columns: null };
  describeProgram(
    made,
    openApp(io as unknown as Io, () => false),
    RESOURCES.map(({ command }) => command),
  );
  return made;
}

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];
const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

describe("the help", () => {
  it("U32: has words for every command, argument and option", () => {
    const commands = everyCommand(program());
    expect(commands.length).toBeGreaterThan(80);
    const silent = commands.flatMap((command) => [
      ...(command.description() ? [] : [nameOf(command)]),
      ...command.options
        .filter(({ description }) => !description)
        .map(({ flags }) => `${nameOf(command)} ${flags}`),
      ...command.registeredArguments
        .filter(({ description }) => !description)
        .map((argument) => `${nameOf(command)} <${argument.name()}>`),
    ]);
    expect(silent).toEqual([]);
  });

  it("begins what it says of a command with a capital, so that a list of them reads evenly", () => {
    const uneven = everyCommand(program())
      .map((command) => command.description())
      .filter((words) => !/^\p{Lu}/u.test(words));
    expect(uneven).toEqual([]);
  });

  it("U3: every command that changes something takes why", () => {
    const changes =
      /^rustronaut \S+ (create|update|delete|publish|rollback|rotate|approve|revoke|release|rename|tag|move|routes|kill|confirm|add|add-member|remove-member|raise-epoch)$|^rustronaut (apply|trust init)$/;
    const without = everyCommand(program()).filter(
      (command) => changes.test(nameOf(command)) && !command.options.some(({ long }) => long === "--note"),
    );
    expect(without.map(nameOf)).toEqual([]);
  });

  it("U4: every list takes a limit and a format, and those of things with names a text", () => {
    const lists = everyCommand(program()).filter((command) => command.name() === "list");
    expect(lists.length).toBeGreaterThan(14);
    const optionsOf = (command: Command) => command.options.map(({ long }) => long);
    for (const list of lists) {
      expect(optionsOf(list), nameOf(list)).toEqual(expect.arrayContaining(["--limit", "--format"]));
      if (!/ (decisions|audit|risk) /.test(nameOf(list)))
        expect(optionsOf(list), nameOf(list)).toContain("--search");
    }
  });

  it("U32: comes from the schemas, which say something of every member that can be given", () => {
    const silent = ENDPOINT_LIST.flatMap(({ id, body, query }) =>
      [body, query].flatMap((schema) => (schema ? wordless(shapeOf(schema), id) : [])),
    );
    expect(silent).toEqual([]);
  });
});

describe("rustronaut --version", () => {
  it("U32: prints the version alone", async () => {
    let out = "";
    const io = { out: (text: string) => (out += text), err: () => {}, env: {}, columns: null };
    expect(await run(["--version"], io as unknown as Io)).toBe(0);
    expect(out).toBe(`${packageVersion()}\n`);
  });
});

describe("an option that the command does not have", () => {
  const errorOf = async (...argv: string[]) => {
    let said = "";
    const io = { out: () => {}, err: (text: string) => (said += text), env: {}, columns: null };
    expect(await run(argv, io as unknown as Io)).toBe(2);
    return said;
  };
  it("U32: leads to the command beside it that has it", async () => {
    expect(await errorOf("policies", "update", "wiki", "--source-file", "x")).toMatch(
      /--source-file belongs to .*`rustronaut policies publish`/,
    );
    expect(await errorOf("nodes", "list", "--wait")).toContain("`rustronaut nodes revoke`");
  });
  it("U32: is only refused where none has it", async () => {
    expect(await errorOf("policies", "update", "wiki", "--sauce", "x")).not.toContain("belongs to");
  });
});
