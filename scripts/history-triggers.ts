import { triggersOf } from "../shared/registry/history.ts";
import { RECORDED } from "../shared/registry/recorded.ts";

/**
 * Prints the statements that create the triggers of the history as `shared/registry/history.ts` defines them.
 * Append them to a migration that adds a column: `npm run -s triggers >> migrations/NNNN_name.sql`.
 */
export function triggerStatements(): string[] {
  return RECORDED.flatMap((recorded) =>
    triggersOf(recorded).flatMap((trigger) => [
      `DROP TRIGGER IF EXISTS ${/^CREATE TRIGGER (\w+)/.exec(trigger)?.[1]};`,
      `${trigger};`,
    ]),
  );
}

if (import.meta.main)
  process.stdout.write(
    `--> statement-breakpoint\n${triggerStatements().join("\n--> statement-breakpoint\n")}\n`,
  );
