import type { Command } from "commander";
import { findingSentences, RESULT_WORDS, STEP_WORDS } from "../../shared/access/login/trial-words.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** `providers test`: what would not work with a provider, before anybody tries to sign in. */
export function addProviderTest(program: Command, app: App): void {
  const providers = program.commands.find((command) => command.name() === "providers");
  providers
    ?.command("test")
    .argument("<provider>", "id or name of the identity provider")
    .description("Try a provider as a sign-in would use it, and say what would not work (exit code 1)")
    .action(async (provider: string) => {
      const { data } = await (await app.hub()).client.call("identityProviders.test", {
        params: { provider },
      });
      app.emit(data, () => trialText(data));
      if (!data.passed) throw new Failure(EXIT.failure, "People can't sign in with this provider");
    });
}

function trialText({ checks, redirectUri }: Answer<"identityProviders.test">): string {
  const lines = checks.flatMap((check) => [
    `${STEP_WORDS[check.step]}: ${RESULT_WORDS[check.result]}`,
    ...findingSentences(check).map((sentence) => `  ${sentence}`),
  ]);
  return [...lines, `Address that people come back to: ${redirectUri}`, ""].join("\n");
}
