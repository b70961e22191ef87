import { type Command, InvalidArgumentError } from "commander";
import { allowedInWords, STATUS_WORDS } from "../../shared/access/grants/words.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { printable } from "../../shared/base/printable.ts";
import { spanInWords } from "../../shared/base/span.ts";
import type { App } from "../app.ts";
import { confirm } from "../confirm.ts";
import { detailsOf } from "../output/things.ts";

type Grant = Answer<"grants.request">;

interface RequestOptions {
  readonly reason: string;
  readonly for?: number;
  readonly emergency?: boolean;
}

/** `grants request`, `grants approve` and `grants deny`; the catalogue makes the others. */
export function addGrantCommands(program: Command, app: App): void {
  const grants = program.commands.find((command) => command.name() === "grants");
  if (!grants) return;
  grants
    .command("request")
    .argument("<app>", "name or id of the app")
    .description("Request access to an app for a time")
    .requiredOption("--reason <words>", "why you need it, for those who decide")
    .option(
      "--for <span>",
      "for how long, such as 30m, 2h or 1d; as long as the app offers unless said",
      toSeconds,
    )
    .option(
      "--emergency",
      "let yourself in at once; every administrator sees it until somebody else has reviewed it",
    )
    .action(async (name: string, { reason, for: seconds, emergency }: RequestOptions) => {
      const { client } = await app.hub();
      const wish = { app: name, reason, emergency: emergency ?? false };
      const body = seconds === undefined ? wish : { ...wish, seconds };
      const { data } = await client.call("grants.request", { body });
      app.emit(data, () => detailsOf(data));
      if (data.status === "pending")
        app.note(`It waits for approval: \`rustronaut grants show ${data.id}\`.`);
    });
  addAnswer(
    grants,
    app,
    "approve",
    "Approve a request for access; the last approval that is needed lets the person in",
  );
  addAnswer(grants, app, "deny", "Deny a request for access");
}

/** What is answered is what was shown: its digest goes along. */
function addAnswer(grants: Command, app: App, verdict: "approve" | "deny", about: string): void {
  grants
    .command(verdict)
    .argument("<grant>", "id of the request")
    .description(about)
    .option("--note <words>", "a word to it, for the person and for the record")
    .option("-y, --yes", "do not ask")
    .action(async (grant: string, { note, yes }: { note?: string; yes?: boolean }) => {
      const { client } = await app.hub();
      const params = { grant };
      const { data: shown } = await client.call("grants.get", { params });
      const verb = verdict === "approve" ? "Approve" : "Deny";
      await confirm(app, `${requestInWords(shown)} ${verb} it?`, yes === true);
      const body = { digest: shown.digest, ...(note === undefined ? {} : { note }) };
      const { data } = await client.call(`grants.${verdict}`, { params, body });
      app.emit(data, () => `The request of ${printable(data.user.email)} is ${STATUS_WORDS[data.status]}.\n`);
    });
}

/** What it would allow, in one sentence. */
const requestInWords = (grant: Grant): string =>
  printable(
    `${grant.user.email} wants ${allowedInWords(grant)} of ${grant.app.name} (${grant.app.host}) for ${spanInWords(grant.seconds)}: "${grant.reason}".`,
  );

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function toSeconds(text: string): number {
  const [, count, unit = ""] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("Give a span such as 30m, 2h or 1d.");
  return Number(count) * (UNITS[unit] ?? 0);
}
