import type { Command } from "commander";
import { endsSessionsOf, signedOutInWords } from "../../shared/api/consequence.ts";
import { type Endpoint, isWrite } from "../../shared/api/endpoint.ts";
import { ENDPOINT_LIST, type EndpointId } from "../../shared/api/endpoints.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import type { App, Hub } from "../app.ts";
import { addFieldOptions, type Field, fieldsOf, readFields } from "../command-options.ts";
import { confirm } from "../confirm.ts";
import type { Item } from "../listing.ts";
import { noteOption } from "../note-option.ts";
import { warningText } from "../output/failure-text.ts";
import { addListOptions, type ListOptions, showList } from "../output/list.ts";
import { detailsOf } from "../output/things.ts";
import { RESOURCES, type Resource } from "../resources.ts";
import { secretNote } from "../secret-note.ts";

type Operation = Endpoint & { readonly id: EndpointId };

/** Operation names of the catalogue that read better as another word on a command line. */
const VERBS: Readonly<Record<string, string>> = {
  get: "show",
  addMember: "add-member",
  removeMember: "remove-member",
};

/** Adds `rustronaut <resource> <verb>` for every operation in the catalogue. */
export function addResourceCommands(program: Command, app: App): void {
  for (const resource of RESOURCES) {
    const group = program.command(resource.command).description(resource.about);
    for (const operation of ENDPOINT_LIST) {
      const [prefix, name = ""] = operation.id.split(".");
      if (prefix !== resource.prefix || resource.byHand?.includes(name)) continue;
      addOperation(group, app, resource, operation, name);
    }
  }
}

function addOperation(
  group: Command,
  app: App,
  resource: Resource,
  operation: Operation,
  name: string,
): void {
  const role = operation.role === "auditor" ? "" : ` (role ${operation.role})`;
  const command = group.command(VERBS[name] ?? name).description(operation.summary + role);
  const parameters = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  for (const parameter of parameters) command.argument(`<${parameter}>`, aboutParameter(parameter));
  const bodyFields = operation.body ? fieldsOf(operation.body) : [];
  const queryFields = operation.query ? fieldsOf(operation.query) : [];
  if (queryFields.some((field) => field.name === "cursor")) {
    addFieldOptions(command, filtersOf(queryFields));
    addListOptions(command, 200);
    command.action((...given) =>
      list(app, resource, operation, name, parameters, filtersOf(queryFields), given),
    );
    return;
  }
  const named = name === "create" ? bodyFields.find((field) => field.name === resource.key) : undefined;
  if (named) command.argument(`<${resource.key}>`, `its ${resource.key}`);
  const optional = bodyFields.filter((field) => field !== named);
  addFieldOptions(command, optional);
  if (isWrite(operation) && !bodyFields.some((field) => field.name === "note"))
    command.addOption(noteOption());
  if (mayAsk(operation)) command.option("-y, --yes", "do not ask");
  const words = named ? [...parameters, resource.key] : parameters;
  command.action((...given) => change(app, resource, operation, parameters, words, optional, named, given));
}

const filtersOf = (fields: readonly Field[]): Field[] =>
  fields.filter((field) => field.name !== "limit" && field.name !== "cursor");

async function list(
  app: App,
  resource: Resource,
  operation: Operation,
  name: string,
  parameters: readonly string[],
  filters: readonly Field[],
  given: readonly unknown[],
): Promise<void> {
  const options = given[parameters.length] as Record<string, unknown> & ListOptions;
  const hub = await app.hub();
  const query = await readFields(filters, options, app.io, Date.now());
  const input = { params: named(parameters, given), query };
  const columns = resource.otherColumns?.[name] ?? resource.columns;
  const { key, rowOf } = resource;
  const rows = rowOf && name === "list" ? { rowsOf: (item: Item) => [rowOf(item)] } : {};
  await showList(app, hub, { id: operation.id, input, columns, key, most: 200, ...rows }, options);
}

async function change(
  app: App,
  resource: Resource,
  operation: Operation,
  parameters: readonly string[],
  words: readonly string[],
  fields: readonly Field[],
  key: Field | undefined,
  given: readonly unknown[],
): Promise<void> {
  const options = given[words.length] as Record<string, unknown>;
  const hub = await app.hub();
  const params = named(parameters, given);
  const body = await readFields(fields, options, app.io, Date.now());
  if (key) body[key.name] = given[parameters.length];
  if (mayAsk(operation)) await askFirst(app, hub, operation, resource, params, body, options.yes === true);
  const { data } = await hub.call(operation.id, {
    params,
    ...(operation.body ? { body } : {}),
    ...(operation.ifMatch ? { ifMatch: await currentVersion(hub, resource, params) } : {}),
  });
  const { warnings = [], ...shown } = (data ?? {}) as { readonly warnings?: readonly InputIssue[] };
  for (const warning of warnings) app.note(warningText(warning, "text"));
  app.emit(data ?? { ok: true }, () => (data ? detailsOf(shown) : "Done.\n"));
  if (typeof data === "object" && data && "secret" in data)
    app.note(await secretNote(hub, resource.prefix, String(data.secret)));
}

const mayAsk = ({ method, ifMatch }: Operation): boolean =>
  ifMatch === true && (method === "DELETE" || method === "PATCH");

/** Before something is deleted, or somebody is signed out by a change, with how many that are. */
async function askFirst(
  app: App,
  hub: Hub,
  { id, method }: Operation,
  resource: Resource,
  params: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
  yes: boolean,
): Promise<void> {
  const of = endsSessionsOf(id, params, body);
  const count = of && !yes ? (await hub.client.call("sessions.count", { query: of })).data : null;
  if (method !== "DELETE" && (count === null || count.sessions === 0)) return;
  const what = `${method === "DELETE" ? "Delete" : "Change"} ${resource.command} ${Object.values(params).join(" ")}?`;
  await confirm(app, count?.sessions ? `${signedOutInWords(count)}. ${what}` : what, yes);
}

/** The ETag of the thing as it is now: the version that is to change. */
async function currentVersion(
  hub: Hub,
  resource: Resource,
  params: Readonly<Record<string, string>>,
): Promise<string> {
  const { etag } = await hub.call(`${resource.prefix}.get` as EndpointId, { params });
  return etag ?? "";
}

function named(parameters: readonly string[], given: readonly unknown[]): Record<string, string> {
  return Object.fromEntries(parameters.map((parameter, at) => [parameter, String(given[at])]));
}

function aboutParameter(parameter: string): string {
  if (parameter === "number") return "the version's number";
  if (parameter === "kind") return "user or group";
  return `id or name of the ${parameter.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`;
}
