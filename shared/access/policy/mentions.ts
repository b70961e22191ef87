import { tokensOf } from "./tokens.ts";

/** Kinds of things in the registry that a policy may name. */
export type NamedKind = "App" | "Segment" | "Group" | "User" | "ServiceToken" | "tag" | "host" | "provider";

/** A name in a policy, and its spelling in Cedar's text. */
export interface Mention {
  readonly kind: NamedKind;
  readonly name: string;
  /** `Group::"sales"`, or `"sales"` if the name is compared as text. */
  readonly text: string;
}

const ENTITIES: ReadonlySet<string> = new Set<NamedKind>(["App", "Segment", "Group", "User", "ServiceToken"]);

/** Attributes whose possible values the registry knows completely, with the kind of thing that they name. */
const ATTRIBUTES: Readonly<Record<string, NamedKind>> = {
  "resource.name": "App",
  "resource.segment.name": "Segment",
  "resource.tags": "tag",
  "principal.email": "User",
  "context.request.host": "host",
  "context.authentication.provider": "provider",
};

const COMPARING = ["==", "!=", "contains", "containsAny", "containsAll"];

/**
 * The names in statements of Cedar's JSON format, each once: entities, and the texts that attributes are
 * compared with.
 */
export function mentionsIn(statements: unknown): Mention[] {
  const found = new Map<string, Mention>();
  const note = (kind: NamedKind, name: string, isEntity: boolean) => {
    const text = `${isEntity ? `${kind}::` : ""}${JSON.stringify(name)}`;
    found.set(`${kind} ${text}`, { kind, name, text });
  };
  const open: unknown[] = [statements];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (!isJson(part)) continue;
    const { type, id } = part;
    if (typeof id === "string" && ENTITIES.has(String(type))) note(type as NamedKind, id, true);
    for (const [kind, name] of comparisonsIn(part)) note(kind, name, false);
    // Annotations are skipped, because they have no meaning and may contain anything. The order is reversed
    // so that the first statement is noted first.
    for (const [key, value] of Object.entries(part).reverse()) if (key !== "annotations") open.push(value);
  }
  return [...found.values()];
}

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null;

function comparisonsIn(expression: Json): [NamedKind, string][] {
  return COMPARING.flatMap((operator) => {
    const sides = expression[operator];
    if (!isJson(sides)) return [];
    const { left, right } = sides;
    return [
      [left, right],
      [right, left],
    ].flatMap(([attribute, value]) => {
      const kind = ATTRIBUTES[pathOf(attribute)];
      return kind ? textsIn(value).map((text): [NamedKind, string] => [kind, text]) : [];
    });
  });
}

/** `context.request.host`, or "" if the expression is not an attribute of a variable. */
export function pathOf(expression: unknown): string {
  if (!isJson(expression)) return "";
  if (typeof expression.Var === "string") return expression.Var;
  const access = expression["."];
  if (!isJson(access)) return "";
  const left = pathOf(access.left);
  return left && `${left}.${access.attr}`;
}

function textsIn(expression: unknown): string[] {
  if (!isJson(expression)) return [];
  if (typeof expression.Value === "string") return [expression.Value];
  return Array.isArray(expression.Set) ? expression.Set.flatMap(textsIn) : [];
}

/**
 * Where the mention is in Cedar's text, in characters. The beginning of the text if the mention is spelled
 * differently there.
 */
export function placeOf({ text }: Mention, source: string): number {
  const wanted = [...tokensOf(text)].map((token) => token.text);
  const tokens = [...tokensOf(source)];
  const at = tokens.findIndex((_, start) =>
    wanted.every((word, next) => tokens[start + next]?.text === word),
  );
  return tokens[at]?.at ?? 0;
}
