import type { Command } from "commander";
import type { InputIssue } from "../../shared/errors/catalogue.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

interface TestOptions {
  readonly user?: string;
  readonly serviceToken?: string;
  readonly app: string;
  readonly path: string;
  readonly method: string;
}

export function addPolicyCommands(program: Command, app: App): void {
  const policy = program.command("policy").description("ask and check policies");

  policy
    .command("test")
    .description("Would this caller reach this path, and why (exit code 0: allowed, 3: denied)")
    .option("--user <email>", "a user; without this and --service-token, an anonymous caller")
    .option("--service-token <name>", "a service token")
    .requiredOption("--app <app>", "the app's name or id")
    .option("--path <path>", "the path", "/")
    .option("--method <method>", "the method", "GET")
    .action(async (options: TestOptions) => {
      const { client } = await app.hub();
      const { app: name, path } = options;
      const body = { principal: principalOf(options), app: name, path, method: options.method.toUpperCase() };
      const { data } = await client.call("policies.test", { body });
      const cited = data.determining.map(({ id }) => id).join(", ") || "no policy";
      app.emit(
        data,
        () => `${data.decision} (${cited})\n${data.reasons.map((reason) => `  ${reason}\n`).join("")}`,
      );
      if (data.decision === "deny") throw new Failure(EXIT.denied, "Denied");
    });

  policy
    .command("validate <file>")
    .description("Check a Cedar file against the network's schema; - reads stdin")
    .action(async (file: string) => {
      const source = file === "-" ? await app.io.readStdin() : await app.io.readFile(file);
      const { data } = await (await app.hub()).client.call("policies.validate", { body: { source } });
      if (!data.valid)
        throw new Failure(EXIT.failure, `${file} is not valid`, {
          issues: data.issues.map((issue) => ({ ...issue, path: file }) as InputIssue),
        });
      app.emit(data, () => `${file} is valid: ${data.statements} statement(s).\n`);
    });
}

function principalOf({ user, serviceToken }: TestOptions) {
  if (user !== undefined) return { kind: "user" as const, user };
  if (serviceToken !== undefined) return { kind: "serviceToken" as const, serviceToken };
  return { kind: "anonymous" as const };
}
