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
import { changeBy, showReview } from "../policy/review.ts";
import { RESOURCES, type Resource } from "../resources.ts";
import { secretNote } from "../secret-note.ts";

type Operation = Endpoint & { readonly id: EndpointId };

/** Operation names of the catalogue that read better as another word on a command line. */
const VERBS: Readonly<Record<string, string>> = {
  get: "show",
  addMember: "add-member",
  removeMember: "remove-member",
};

/**
 * Adds `rustronaut <resource> <verb>` for every operation in the catalogue.
 *
 * @param isAsked Whether the verbs of a resource matter: working out the options of all takes longer than most commands.
 */
export function addResourceCommands(program: Command, app: App, isAsked: (command: string) => boolean): void {
  for (const resource of RESOURCES) {
    const group = program.command(resource.command).description(resource.about);
    if (!isAsked(resource.command)) continue;
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
  addFieldOptions(command, [...optional, ...queryFields]);
  if (isWrite(operation) && !bodyFields.some((field) => field.name === "note"))
    command.addOption(noteOption());
  if (mayAsk(operation)) command.option("-y, --yes", "do not ask");
  const words = named ? [...parameters, resource.key] : parameters;
  const fields = { body: optional, query: queryFields, key: named };
  command.action((...given) => change(app, resource, operation, parameters, words, fields, given));
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
  // What is empty by a filter, or is another list of the thing, says nothing about whether there are any.
  const isAll = name === "list" && Object.keys(query).length === 0;
  const empty = isAll ? resource.empty : name === "list" ? "Nothing matches these filters." : undefined;
  const rows = rowOf && name === "list" ? { rowsOf: (item: Item) => [rowOf(item)] } : {};
  await showList(app, hub, { id: operation.id, input, columns, key, empty, most: 200, ...rows }, options);
}

async function change(
  app: App,
  resource: Resource,
  operation: Operation,
  parameters: readonly string[],
  words: readonly string[],
  fields: {
    readonly body: readonly Field[];
    readonly query: readonly Field[];
    readonly key: Field | undefined;
  },
  given: readonly unknown[],
): Promise<void> {
  const options = given[words.length] as Record<string, unknown>;
  const hub = await app.hub();
  const params = named(parameters, given);
  const body = await readFields(fields.body, options, app.io, Date.now());
  const query = await readFields(fields.query, options, app.io, Date.now());
  if (fields.key) body[fields.key.name] = given[parameters.length];
  if (mayAsk(operation)) {
    const insisted = await askFirst(app, hub, operation, resource, params, body, options.yes === true);
    if (insisted.despiteTests) body.despiteTests = true;
    if (insisted.despiteLockOut) query.despiteLockOut = true;
  }
  const { data } = await hub.call(operation.id, {
    params,
    ...(operation.query ? { query } : {}),
    ...(operation.body ? { body } : {}),
    ...(operation.ifMatch ? { ifMatch: await currentVersion(hub, resource, params) } : {}),
  });
  const { warnings = [], ...shown } = (data ?? {}) as { readonly warnings?: readonly InputIssue[] };
  for (const warning of warnings) app.note(warningText(warning, "text"));
  app.emit(data ?? { ok: true }, () => (data ? detailsOf(shown) : "Done.\n"));
  if (typeof data === "object" && data && "secret" in data && data.secret !== null)
    app.note(await secretNote(hub, resource.prefix, String(data.secret)));
}

const mayAsk = ({ id, method, ifMatch }: Operation): boolean =>
  OF_POLICIES.has(id) || (ifMatch === true && (method === "DELETE" || method === "PATCH"));
const OF_POLICIES: ReadonlySet<string> = new Set([
  ...["policies.create", "policies.publish", "policies.rollback"],
]);

/** What a person agreed to, after it was shown. */
interface Insisted {
  readonly despiteTests?: boolean;
  readonly despiteLockOut?: boolean;
}

/**
 * Before something is deleted, somebody is signed out by a change (with how many that are), or a policy
 * changes (with what that does). A script that publishes is not asked; the hub refuses what must not be.
 */
async function askFirst(
  app: App,
  hub: Hub,
  { id, method }: Operation,
  resource: Resource,
  params: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
  yes: boolean,
): Promise<Insisted> {
  if (app.io.interactive && !yes) {
    const insisted = await reviewFirst(app, hub, id, params, body);
    if (insisted) return insisted;
  }
  if (OF_POLICIES.has(id)) return {};
  const of = endsSessionsOf(id, params, body);
  const count = of && !yes ? (await hub.client.call("sessions.count", { query: of })).data : null;
  if (method !== "DELETE" && (count === null || count.sessions === 0)) return {};
  const what = `${method === "DELETE" ? "Delete" : "Change"} ${resource.command} ${Object.values(params).join(" ")}?`;
  await confirm(app, count?.sessions ? `${signedOutInWords(count)}. ${what}` : what, yes);
  return {};
}

/** Null if the call changes no policy that is in force. */
async function reviewFirst(
  app: App,
  hub: Hub,
  id: string,
  params: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
): Promise<Insisted | null> {
  const change = await changeBy(hub, id, params, body);
  if (change === null) return null;
  const { issues, failures, lockOuts } = await showReview(app, hub, change);
  // The hub says what is wrong with a text that is not valid.
  if (issues.length > 0) return {};
  const allTheSame = failures.length > 0 || lockOuts.length > 0 ? " all the same" : "";
  const verb = change.source === null ? "Take the policy out of force" : "Put this text in force";
  await confirm(app, `${verb}${allTheSame}: ${change.name}?`, false);
  return { despiteTests: failures.length > 0, despiteLockOut: lockOuts.length > 0 };
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
