import type { Command } from "commander";
import type * as z from "zod";
import { type NetworkDocument, networkDocument, type Plan } from "../../shared/api/document.ts";
import type { Body, Query } from "../../shared/api/endpoints.ts";
import { type App, type Hub, toFailure } from "../app.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { exportedYaml } from "../network/exported.ts";
import { planText } from "../network/plan-text.ts";
import { parseYaml } from "../network/yaml.ts";
import { noteOption } from "../note-option.ts";
import { showImpact } from "../policy/review.ts";

interface FileOptions {
  readonly file: string;
  readonly prune?: boolean;
  readonly despiteTests?: boolean;
  readonly despiteLockOut?: boolean;
}

/** The whole network as one declarative file. */
export function addNetworkCommands(program: Command, app: App): void {
  withFile(program.command("apply"))
    .description("Make the network what a YAML file says, after showing what would change (role owner)")
    .addOption(noteOption())
    .option("--dry-run", "only show what would change; `plan` does the same")
    .option("-y, --yes", "do not ask")
    .action(async (options: FileOptions & { dryRun?: boolean; yes?: boolean }) => {
      const { hub, query, body, plan } = await makePlan(app, options);
      if (options.dryRun) return showPlan(app, plan);
      if (plan.steps.length === 0) return app.emit(plan, () => planText(plan));
      app.note(planText(plan));
      await confirm(app, `Apply ${changesOf(plan)}?`, options.yes ?? false);
      const { data } = await hub.client.call("network.apply", {
        ...{ query, body: { ...body, baseVersion: plan.baseVersion } },
      });
      app.emit(data, () => `Applied ${changesOf(plan)}.\n`);
    });

  withFile(program.command("plan"))
    .description("Show what applying a YAML file would change, and change nothing")
    .option("--exit-code", "for drift checks: 0 nothing would change, 2 something would, 1 for every failure")
    .action(async (options: FileOptions & { exitCode?: boolean }) => {
      if (!options.exitCode) return showPlan(app, (await makePlan(app, options)).plan);
      const { plan } = await makePlan(app, options).catch((error) => {
        throw withExitCode(toFailure(error), EXIT.failure);
      });
      showPlan(app, plan);
      if (plan.steps.length > 0) throw new Failure(EXIT.changes, "The network is not as the file says");
    });

  program
    .command("export")
    .description("Print the network as the YAML that `apply` takes; secrets are never in it")
    .action(async () => {
      const { data } = await (await app.hub()).client.call("network.export");
      app.emit(data.document, () => exportedYaml(data.document));
    });
}

const withFile = (command: Command): Command =>
  command
    .requiredOption("-f, --file <file>", "the network as YAML; - reads stdin")
    .option("--despite-tests", "also where tests of its policies or rules fail; which ones is recorded")
    .option("--despite-lock-out", "also where people are locked out by it; whom it concerns is recorded")
    .option("--prune", "delete what a section of the file does not name; without it, that stays");

async function makePlan(
  app: App,
  { file, prune = false, despiteTests = false, despiteLockOut = false }: FileOptions,
): Promise<{ hub: Hub; query: Query<"network.plan">; body: Body<"network.plan">; plan: Plan }> {
  const text = file === "-" ? await app.io.readStdin() : await app.io.readFile(file);
  const document = parseYaml(text, file, networkDocument as unknown as z.ZodType<NetworkDocument>);
  const hub = await app.hub();
  const body = { document, prune, despiteTests };
  const query = despiteLockOut ? { despiteLockOut: "true" as const } : {};
  const { data: plan } = await hub.client.call("network.plan", { query, body });
  for (const warning of plan.warnings ?? []) app.note(`warning: ${warning}`);
  const drafts = draftsOf(document, plan);
  if (drafts.length > 0 && !app.json()) await showImpact(app, hub, drafts);
  return { hub, query, body, plan };
}

/** The policies that a plan changes, as they would be. A replay takes 20 of them. */
const draftsOf = ({ policies = [] }: NetworkDocument, { steps }: Plan): Body<"policies.replay">["drafts"] =>
  steps
    .filter(({ kind }) => kind === "policy")
    .slice(0, 20)
    .map(({ name }) => {
      const item = policies.find((policy) => policy.name === name);
      const isInForce = item !== undefined && item.enabled !== false && item.shadow !== true;
      return { name, source: isInForce ? item.source : null };
    });

function showPlan(app: App, plan: Plan): void {
  app.emit(plan, () => planText(plan));
  if (plan.steps.length > 0) app.note(`This would be ${changesOf(plan)}; nothing was changed.`);
}

const changesOf = ({ steps }: Plan): string => (steps.length === 1 ? "1 change" : `${steps.length} changes`);

function withExitCode(failure: Failure, exitCode: Failure["exitCode"]): Failure {
  const { title, detail, code, issues, hint } = failure;
  return new Failure(exitCode, title, {
    detail,
    issues,
    ...(code === null ? {} : { code }),
    ...(hint === null ? {} : { hint }),
  });
}
