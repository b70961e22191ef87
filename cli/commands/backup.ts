import type { Command } from "commander";
import type { App } from "../app.ts";
import { restoreBackup } from "../backup/restore.ts";
import { takeBackup } from "../backup/take.ts";
import { hubOrigin } from "../config.ts";

/** `backup` and `restore`: a hub that lost its account is made again from a file. */
export function addBackupCommands(program: Command, app: App): void {
  program
    .command("backup")
    .description("Copy all that the hub keeps into a file, for `restore` (role owner)")
    .requiredOption("-o, --out <file>", "the file to write, mode 0600")
    .action(async ({ out }: { out: string }) => {
      const taken = await takeBackup(await app.hub(), out);
      app.emit({ file: out, ...taken }, () => `${out} holds ${taken.network}: ${taken.rows} rows.\n`);
      app.note(
        "What is secret in it is hashed, or sealed with this deployment's SECRET_KEY: keep that key as well, elsewhere.",
      );
    });

  program
    .command("restore")
    .argument("<file>", "a file that `backup` wrote")
    .description("Make a new deployment, which has no network yet, the one that a backup is of")
    .requiredOption("--hub <url>", "address of the new hub, such as https://hub.example.com")
    .requiredOption("--bootstrap-token-file <path>", "a file with its BOOTSTRAP_TOKEN, or - for stdin")
    .action(async (file: string, options: { hub: string; bootstrapTokenFile: string }) => {
      const { hub, bootstrapTokenFile: path } = options;
      const token = path === "-" ? await app.io.readStdin() : await app.io.readFile(path);
      const origin = hubOrigin(hub);
      const restored = await restoreBackup(app, origin, token.trim(), file);
      app.emit({ hub: origin, ...restored }, () =>
        [
          `${origin} is ${restored.network} again: ${restored.rows} rows. Its API tokens are good again; everybody signs in anew.`,
          ...(restored.hasRoots
            ? ["Nodes refuse its configs until a root key raises the epoch: rustronaut trust raise-epoch"]
            : []),
          "Delete the secret BOOTSTRAP_TOKEN: npx wrangler secret delete BOOTSTRAP_TOKEN",
          "",
        ].join("\n"),
      );
    });
}
