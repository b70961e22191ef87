import { printable } from "../shared/base/printable.ts";
import type { App } from "./app.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** Goes on only after a person's yes. Where nobody can be asked, `--yes` must have been given. */
export async function confirm(app: App, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!app.io.interactive)
    throw new Failure(EXIT.usage, "This changes the network and nobody is here to confirm it", {
      hint: "Give --yes when a script runs it.",
    });
  const answer = await app.io.ask(`${printable(question)} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new Failure(EXIT.failure, "Not confirmed", { hint: "Nothing was changed." });
}
