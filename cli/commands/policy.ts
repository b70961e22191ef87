import { type Command, InvalidArgumentError, Option } from "commander";
import type * as z from "zod";
import { POLICY_TEMPLATES } from "../../shared/access/policy/form/templates.ts";
import { textOf } from "../../shared/access/policy/form/text.ts";
import { policyTest, policyValidate } from "../../shared/api/policies.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import type { App } from "../app.ts";
import { addFieldOptions, fieldsOf, readFields, toInstant } from "../command-options.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { warningText } from "../output/failure-text.ts";
import { addLifeCommands } from "./policy-life.ts";

interface TestOptions {
  readonly user?: string;
  readonly groups?: string[];
  readonly email?: string;
  readonly serviceToken?: string;
  readonly app: string;
  readonly path: string;
  readonly method: string;
  readonly at?: string;
  readonly upgrade?: boolean;
  /** Values by names of headers. */
  readonly header?: Named;
  /** Files by the names of policies. */
  readonly draft?: Named;
}

type Named = Readonly<Record<string, string>>;

/** What else a policy may ask of a request; what is not given is not known. */
const CIRCUMSTANCES = fieldsOf(policyTest).filter(({ name }) =>
  ["host", "network", "authentication", "risk"].includes(name),
);

/** By what a text is tried, besides the schema. */
const TRIED = fieldsOf(policyValidate).filter(({ name }) => name === "tests" || name === "name");

export function addPolicyCommands(program: Command, app: App): void {
  const policy = program.command("policy").description("Ask policies, and check them before they hold");

  const test = policy
    .command("test")
    .description("Would this caller reach this path, and why (exit code 0: allowed, 3: denied)")
    .option("--user <email>", "a user; without any of these four, an anonymous caller")
    .addOption(
      new Option("--groups <list>", "somebody who need not exist, in these groups; separated by commas")
        .argParser(toList)
        .conflicts(["user", "serviceToken"]),
    )
    .addOption(
      new Option("--email <email>", "the address of somebody who need not exist").conflicts([
        "user",
        "serviceToken",
      ]),
    )
    .addOption(new Option("--service-token <name>", "a service token").conflicts("user"))
    .requiredOption("--app <app>", "the app's name or id")
    .option("--path <path>", "path and query, as they stand in the request", "/")
    .option("--method <method>", "the method", "GET")
    .option("--upgrade", "it opens a WebSocket (the action connect)")
    .option("--at <time>", "when, such as 2027-01-31T09:00Z or 12h from now; left out, now")
    .option("--header <name=value...>", "a header by which the request asks for more", toNamed("name=value"))
    .option(
      "--draft <name=file...>",
      "judge by this text in place of the policy of that name",
      toNamed("name=file"),
    )
    .action(async (options: TestOptions) => {
      const body = await questionOf(app, options);
      const { data } = await (await app.hub()).client.call("policies.test", { body });
      const cited = data.determining.map(({ id }) => id).join(", ") || "no policy";
      app.emit(
        data,
        () => `${data.decision} (${cited})\n${data.reasons.map((reason) => `  ${reason}\n`).join("")}`,
      );
      if (data.decision === "deny") throw new Failure(EXIT.denied, "Denied");
    });
  addFieldOptions(test, CIRCUMSTANCES);

  const validate = policy
    .command("validate")
    .argument("<file>", "the file; - reads stdin")
    .description("Check a Cedar file against the network's schema, and its tests against the network")
    .action(async (file: string, options: Record<string, unknown>) => {
      const source = file === "-" ? await app.io.readStdin() : await app.io.readFile(file);
      const body = { source, ...(await readFields(TRIED, options, app.io, Date.now())) };
      const { data } = await (await app.hub()).client.call("policies.validate", { body });
      if (!data.valid)
        throw new Failure(EXIT.failure, `${file} is not valid`, {
          issues: data.issues.map((issue) => ({ ...issue, path: file }) as InputIssue),
        });
      for (const warning of data.warnings) app.note(warningText(warning as InputIssue, file));
      if (data.failures.length > 0)
        throw new Failure(EXIT.failure, `${data.failures.length} of the tests fail`, {
          issues: data.failures as InputIssue[],
        });
      app.emit(data, () => `${file} is valid: ${data.statements} statement(s).\n`);
    });
  addFieldOptions(validate, TRIED);

  addNewCommand(policy, app);
  addLifeCommands(policy, app);
}

/** Asks no hub: the text goes to a file, and from there to `policies create`. */
function addNewCommand(policy: Command, app: App): void {
  const templates = POLICY_TEMPLATES.map(({ id, about }) => `  ${id.padEnd(16)}${about}\n`).join("");
  policy
    .command("new")
    .description("Print the Cedar of a template, to be saved in a file and published")
    .addOption(
      new Option("--template <name>", "which one, see below")
        .choices(POLICY_TEMPLATES.map(({ id }) => id))
        .makeOptionMandatory(),
    )
    .requiredOption("--app <app>", "the app's name")
    .option("--group <group>", "the group's name", "staff")
    .addHelpText("after", `\nTemplates:\n${templates}`)
    .action((options: { template: string; app: string; group: string }) => {
      const forms = POLICY_TEMPLATES.find(({ id }) => id === options.template)?.forms(options) ?? [];
      const source = textOf(forms);
      app.emit({ template: options.template, source }, () => source);
    });
}

async function questionOf(app: App, options: TestOptions): Promise<z.input<typeof policyTest>> {
  const drafts = Object.entries(options.draft ?? {}).map(async ([name, file]) => ({
    name,
    source: await app.io.readFile(file),
  }));
  const now = Date.now();
  return {
    ...(await readFields(CIRCUMSTANCES, { ...options }, app.io, now)),
    principal: principalOf(options),
    app: options.app,
    path: options.path,
    method: options.method.toUpperCase(),
    upgrade: options.upgrade ?? false,
    ...(options.at === undefined ? {} : { now: toInstant(options.at, now) }),
    headers: Object.entries(options.header ?? {}).map(([name, value]) => ({ name, value })),
    drafts: await Promise.all(drafts),
  };
}

/** Reads `name=value`, as often as it is given. */
const toNamed =
  (form: string) =>
  (text: string, sofar: Named = {}): Named => {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (!name || !value) throw new InvalidArgumentError(`Give ${form}.`);
    return { ...sofar, [name]: value };
  };

const toList = (text: string) =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);

function principalOf({ user, groups, email, serviceToken }: TestOptions) {
  if (groups !== undefined || email !== undefined)
    return { kind: "somebody" as const, groups: groups ?? [], ...(email === undefined ? {} : { email }) };
  if (user !== undefined) return { kind: "user" as const, user };
  if (serviceToken !== undefined) return { kind: "serviceToken" as const, serviceToken };
  return { kind: "anonymous" as const };
}
