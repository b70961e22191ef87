import type { Command } from "commander";
import { stringify } from "yaml";
import type * as z from "zod";
import { type NetworkDocument, networkDocument } from "../../shared/api/document.ts";
import type { App } from "../app.ts";
import { confirm } from "../confirm.ts";
import { planText } from "../network/plan-text.ts";
import { parseYaml } from "../network/yaml.ts";

/** The whole network as one declarative file. */
export function addNetworkCommands(program: Command, app: App): void {
  program
    .command("apply")
    .description("Make the network what a YAML file says, after showing what would change")
    .requiredOption("-f, --file <file>", "the network as YAML; - reads stdin")
    .option("--dry-run", "only show what would change")
    .option("--prune", "delete what a section of the file does not name")
    .option("--yes", "do not ask")
    .action(async (options: { file: string; dryRun?: boolean; prune?: boolean; yes?: boolean }) => {
      const text = options.file === "-" ? await app.io.readStdin() : await app.io.readFile(options.file);
      const document = parseYaml(
        text,
        options.file,
        networkDocument as unknown as z.ZodType<NetworkDocument>,
      );
      const { client } = await app.hub();
      const body = { document, prune: options.prune ?? false };
      const { data: plan } = await client.call("network.plan", { body });
      for (const warning of plan.warnings ?? []) app.note(`warning: ${warning}\n`);
      if (options.dryRun || plan.steps.length === 0) return app.emit(plan, () => planText(plan));
      app.note(planText(plan));
      await confirm(app, `Apply ${plan.steps.length} change(s)?`, options.yes ?? false);
      const { data } = await client.call("network.apply", {
        body: { ...body, baseVersion: plan.baseVersion },
      });
      app.emit(data, () => `Applied ${plan.steps.length} change(s).\n`);
    });

  program
    .command("export")
    .description("Print the network as the YAML that `apply` takes; secrets are never in it")
    .action(async () => {
      const { data } = await (await app.hub()).client.call("network.export");
      app.emit(data.document, () => stringify(data.document));
    });
}
