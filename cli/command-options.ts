import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod";
import { policyTestCase } from "../shared/api/policies.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import { parseYaml } from "./network/yaml.ts";

/** One field of a request body or query, as the JSON Schema of the catalogue describes it. */
interface FieldSchema {
  readonly type?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly FieldSchema[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  /** What a value is whose name is not one of `properties`. */
  readonly additionalProperties?: FieldSchema | boolean;
}

export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly nullable: boolean;
  /** What it says, in a few words; empty where its name does. */
  readonly description: string;
  readonly kind: "text" | "choice" | "flag" | "number" | "instant" | "list" | "settings" | "file";
  readonly choices: readonly string[];
  readonly settings: Readonly<Record<string, FieldSchema>>;
  /** Whether settings may have any name. Their values are texts then. */
  readonly isFree: boolean;
}

/** Fields that are long or secret come from a file, never from the command line that `ps` shows. */
const FROM_FILE = new Set(["source", "clientSecret", "authorization", "metadata", "tests"]);
/** Of those, what is written as YAML. */
const AS_YAML: Readonly<Record<string, z.ZodType>> = {
  tests: z.array(policyTestCase as unknown as z.ZodType),
};

/** The fields that a schema of the catalogue takes. */
export function fieldsOf(schema: z.core.$ZodType): Field[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const required = new Set(json.required ?? []);
  return Object.entries(json.properties ?? {}).map(([name, raw]) =>
    fieldOf(name, raw as FieldSchema, required.has(name)),
  );
}

function fieldOf(name: string, raw: FieldSchema, required: boolean): Field {
  const arms = raw.anyOf ?? [raw];
  const schema = arms.find((arm) => arm.type !== "null") ?? raw;
  const nullable = arms.some((arm) => arm.type === "null");
  const choices = (schema.enum ?? []).filter((value) => typeof value === "string");
  const description = schema.description ?? raw.description ?? "";
  const kind = kindOf(name, schema);
  const isFree = typeof schema.additionalProperties === "object";
  return { name, required, nullable, choices, settings: schema.properties ?? {}, isFree, description, kind };
}

/** The source of a policy is a text. That of a risk is a word. */
const isWord = (name: string, { pattern }: FieldSchema): boolean =>
  name === "source" && pattern !== undefined;

function kindOf(name: string, schema: FieldSchema): Field["kind"] {
  if (FROM_FILE.has(name) && !isWord(name, schema)) return "file";
  // Yes or no in a query string.
  if (schema.enum?.join() === "true,false") return "flag";
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "flag";
  if (schema.type === "array") return "list";
  if (schema.type === "object") return "settings";
  if (schema.type === "integer" || schema.type === "number")
    return name.endsWith("At") ? "instant" : "number";
  return "text";
}

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Adds the options by which a person gives these fields. */
export function addFieldOptions(command: Command, fields: readonly Field[]): void {
  for (const field of fields) for (const option of optionsOf(field)) command.addOption(option);
}

function optionsOf(field: Field): Option[] {
  const flag = `--${dashed(field.name)}`;
  const none = field.nullable ? ", or `none`" : "";
  const option = (argument: string, form = "") =>
    new Option(`${flag}${argument}`, described(field, form)).makeOptionMandatory(field.required);
  switch (field.kind) {
    case "flag":
      return [
        new Option(flag, described(field, "turn it on")),
        new Option(`--no-${dashed(field.name)}`, "turn it off"),
      ];
    case "choice":
      return [option(" <choice>").choices([...field.choices, ...(field.nullable ? ["none"] : [])])];
    case "number":
      return [option(" <number>", `a number${none}`).argParser(toNumber)];
    case "instant":
      return [option(" <time>", `a time such as 2027-01-31 or 90d from now${none}`)];
    case "list":
      return [option(" <list>", "separated by commas; replaces the list").argParser(toList)];
    case "settings":
      return [
        option(" <key=value...>", formOfSettings(field)).argParser(
          (text: string, sofar: Record<string, unknown> = {}) => ({ ...sofar, ...toSetting(text, field) }),
        ),
      ];
    case "file":
      return [option("-file <path>", `a file, or - for stdin${none}`)];
    case "text":
      return [option(" <text>", field.nullable ? "or `none`" : "")];
  }
}

const formOfSettings = ({ isFree, settings }: Field): string =>
  isFree ? "repeat it" : `any of ${Object.keys(settings).join(", ")}`;

/** Whether it must be given, what it says, and how it is written. */
const described = ({ required, description }: Field, form: string): string =>
  [required ? "required" : "", description, form].filter(Boolean).join("; ");

/** The fields that were given, as the API takes them. */
export async function readFields(
  fields: readonly Field[],
  options: Readonly<Record<string, unknown>>,
  io: Io,
  now: number,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const given = options[field.kind === "file" ? `${field.name}File` : field.name];
    if (given === undefined) continue;
    values[field.name] = field.nullable && given === "none" ? null : await readValue(field, given, io, now);
  }
  return values;
}

async function readValue(field: Field, given: unknown, io: Io, now: number): Promise<unknown> {
  if (field.kind === "instant") return toInstant(String(given), now);
  if (field.kind !== "file") return given;
  const text = given === "-" ? await io.readStdin() : await io.readFile(String(given));
  const form = AS_YAML[field.name];
  if (form) return parseYaml(text, String(given), form);
  return field.name === "source" ? text : text.trim();
}

function toNumber(text: string): number | string {
  if (text === "none") return text;
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

const toList = (text: string, sofar: readonly string[] = []): string[] => [
  ...sofar,
  ...text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
];

function toSetting(text: string, field: Field): Record<string, unknown> {
  const at = text.indexOf("=");
  const key = text.slice(0, Math.max(at, 0));
  if (field.isFree && key !== "") return { [key]: text.slice(at + 1) };
  const schema = Object.hasOwn(field.settings, key) ? field.settings[key] : undefined;
  if (!schema)
    throw new InvalidArgumentError(`Give key=value with one of ${Object.keys(field.settings).join(", ")}.`);
  const value = text.slice(at + 1);
  if (schema.type === "boolean") return { [key]: toBoolean(value) };
  if (schema.type === "integer")
    return { [key]: key.endsWith("Until") && value !== "0" ? toMoment(value) : toNumber(value) };
  // A list of more than words is written as JSON, such as the points of a curve.
  if (schema.type === "array") return { [key]: value.startsWith("[") ? toJson(value) : toList(value) };
  return { [key]: value };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It begins like JSON, and is none.");
  }
}

function toMoment(text: string): number {
  try {
    return toInstant(text, Date.now());
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function toBoolean(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("It must be true or false.");
  return text === "true";
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90d`, `12h`, `30m` from now, or an ISO 8601 date; milliseconds since the Unix epoch. */
export function toInstant(text: string, now: number): number {
  const span = /^(\d{1,6})([mhd])$/.exec(text);
  const at = span ? now + Number(span[1]) * (UNIT_MS[span[2] ?? ""] ?? 0) : Date.parse(text);
  if (Number.isNaN(at))
    throw new Failure(EXIT.usage, `${text} is neither a date such as 2027-01-31 nor a span such as 90d`);
  return at;
}
