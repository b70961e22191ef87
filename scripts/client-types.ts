/** Writes TypeScript for what an OpenAPI document describes, without any of the schemas that it was made from. */

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Media = Readonly<Record<string, { readonly schema: Schema }>>;

export interface OperationObject {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Media };
  readonly responses: Readonly<Record<string, { readonly content?: Media }>>;
}

/** The operation as a member of an interface of `Operation`s (`shared/api/typed-client.ts`). */
export function operationType(operation: OperationObject): string {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const success = Object.entries(responses).find(([status]) => /^2\d\d$/.test(status))?.[1];
  const answer = success?.content?.["application/json"]?.schema;
  const body = requestBody?.content["application/json"]?.schema;
  return `${comment(summary)}${JSON.stringify(operationId)}: {
params: ${object(parameters.filter((parameter) => parameter.in === "path"))};
query: ${object(parameters.filter((parameter) => parameter.in === "query"))};
body: ${body ? typeOf(body) : "undefined"};
answer: ${answer ? typeOf(answer) : "null"};
};`;
}

function object(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return "undefined";
  return `{${parameters.map((one) => member(one.name, one.required, one.description, parameterType(one))).join("")}}`;
}

/** Digits in a query may be given as a number. */
const parameterType = ({ in: place, schema }: Parameter): string =>
  place === "query" ? typeOf(schema).replace(/\bstring\b/, "string | number") : typeOf(schema);

function typeOf(schema: Schema): string {
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return union(choices.map(typeOf));
  if (schema.allOf) return schema.allOf.map((part) => `(${typeOf(part)})`).join(" & ");
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type })));
  switch (schema.type) {
    case "integer":
      return "number";
    case "array":
      return schema.prefixItems
        ? `readonly [${schema.prefixItems.map(typeOf).join(", ")}]`
        : `readonly (${typeOf(schema.items ?? {})})[]`;
    case "object":
      return objectType(schema);
    case undefined:
      return "unknown";
    default:
      return String(schema.type);
  }
}

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  if (!properties) {
    const value = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
    return `Readonly<Record<string, ${value}>>`;
  }
  const members = Object.entries(properties).map(([name, schema]) =>
    member(name, required.includes(name), schema.description, typeOf(schema)),
  );
  return `{${members.join("")}}`;
}

const member = (name: string, required: boolean, words: string | undefined, type: string): string =>
  `${comment(words)}readonly ${JSON.stringify(name)}${required ? "" : "?"}: ${type};\n`;

const union = (types: readonly string[]): string =>
  [...new Set(types)].map((type) => `(${type})`).join(" | ");

const comment = (words: string | undefined): string =>
  words === undefined ? "" : `\n/** ${words.replaceAll("*/", "* /")} */\n`;
