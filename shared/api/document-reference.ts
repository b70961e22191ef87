import { DEFAULT_APP_SETTINGS } from "../registry/app-settings.ts";
import { networkDocument } from "./document.ts";
import { schemaOf } from "./openapi.ts";

interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

/** Every member of the network's document, as tables in Markdown: one for each section, and one for an app's settings. */
export function documentReference(): string {
  const sections = Object.entries(schemaOf(networkDocument, "input").properties as Record<string, Shape>);
  const bodies = sections.filter(([, { properties, items }]) => properties ?? items);
  return bodies.map(([name, shape]) => section(name, shape)).join("\n");
}

function section(name: string, shape: Shape): string {
  const { properties = {}, required = [] } = shape.items ?? shape;
  const many = shape.items ? ` At most ${count(shape.maxItems)}.` : "";
  const rows = Object.entries(properties).map(([member, inner]) =>
    row(member, inner, required.includes(member)),
  );
  const below = Object.entries(properties)
    .filter(([, inner]) => inner.properties)
    .map(([member, inner]) => settings(`${name}[].${member}`, inner));
  const about = capital(shape.description ?? "");
  return [`## ${name}`, "", `${about}.${many}`, "", ...HEAD, ...rows, "", ...below].join("\n");
}

const HEAD = ["| Member | Is | Says |", "|---|---|---|"];

function settings(name: string, { properties = {} }: Shape): string {
  const rows = Object.entries(properties).map(([member, inner]) => {
    const unless = DEFAULT_APP_SETTINGS[member as keyof typeof DEFAULT_APP_SETTINGS];
    const shown = Array.isArray(unless) || unless === "" ? "none" : `\`${unless}\``;
    return `| \`${member}\` | ${typeOf(inner)} | ${shown} | ${words(inner)} |`;
  });
  return [`### ${name}`, "", "| Member | Is | Unless set | Says |", "|---|---|---|---|", ...rows, ""].join(
    "\n",
  );
}

const row = (member: string, shape: Shape, isRequired: boolean): string =>
  `| \`${member}\` | ${typeOf(shape)}${isRequired ? ", required" : ""} | ${words(shape)} |`;

const words = ({ description, anyOf }: Shape): string =>
  capital(description ?? anyOf?.find((arm) => arm.description)?.description ?? "").replaceAll("|", "\\|");

function typeOf(shape: Shape): string {
  if (shape.anyOf) return shape.anyOf.map(typeOf).join(" or ");
  if (shape.enum) return shape.enum.map((value) => `\`${value}\``).join(", ");
  switch (shape.type) {
    case "array":
      return `list of at most ${count(shape.maxItems)}: ${typeOf(shape.items ?? {})}`;
    case "integer":
    case "number":
      return `${count(shape.minimum)} to ${count(shape.maximum)}`;
    case "boolean":
      return "`true`, `false`";
    case "null":
      return "`null`";
    case "object":
      return "see below";
    default:
      return shape.maxLength ? `text, at most ${count(shape.maxLength)} characters` : "text";
  }
}

const count = (n: number | undefined): string => (n ?? 0).toLocaleString("en-GB");
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
