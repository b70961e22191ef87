import type { Command } from "commander";
import type { App } from "../app.ts";
import { toInstant } from "../command-options.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { noteOption } from "../note-option.ts";
import { detailsOf } from "../output/things.ts";
import { gather } from "./keys.ts";

export interface RuleOptions {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly weekly?: string;
  readonly when?: string;
  readonly owner?: string;
  readonly log?: boolean;
  readonly name?: string;
  readonly enabled?: boolean;
}

const SELECTORS =
  "any, segment:NAME, tag:NAME, user:EMAIL, node:NAME, subnet:10.0.0.0/24, internet or quarantine (repeat it)";
const TRAFFIC =
  "any, icmp, icmp/echo-request, tcp, tcp/443, udp/8000-8100, other or service:NAME (repeat it)";

/** What the options say of the traffic: nothing, what is allowed, or what is denied. */
export function verdictOf({ allow, deny }: Pick<RuleOptions, "allow" | "deny">) {
  if (allow.length > 0 && deny.length > 0)
    throw new Failure(EXIT.usage, "A rule either allows or denies: leave out --allow or --deny");
  if (deny.length > 0) return { traffic: [...deny], effect: "deny" as const };
  return allow.length > 0 ? { traffic: [...allow], effect: "allow" as const } : null;
}

/** When the rule holds, who answers for it and whether it is logged, as far as the options say. `none` clears. */
export function termsOf({ notBefore, notAfter, weekly, when, owner, log }: RuleOptions, now: number) {
  const time = (text: string) => (text === "none" ? null : toInstant(text, now));
  const word = (text: string) => (text === "none" ? null : text);
  return {
    ...(notBefore !== undefined && { notBefore: time(notBefore) }),
    ...(notAfter !== undefined && { notAfter: time(notAfter) }),
    ...(weekly !== undefined && { weekly: word(weekly) }),
    ...(when !== undefined && { when: word(when) ?? "" }),
    ...(owner !== undefined && { owner: word(owner) }),
    ...(log !== undefined && { log }),
  };
}

/** `rules create` and `rules update`; the catalogue makes the others. */
export function addRuleCommands(program: Command, app: App): void {
  const rules = program.commands.find((command) => command.name() === "rules");
  if (!rules) return;
  withRuleOptions(rules.command("create").addOption(noteOption()).argument("<name>", "its name"))
    .description("Allow or deny traffic between nodes; what one rule denies no other allows (role admin)")
    .option("--no-enabled", "make it, but leave it off")
    .action(async (name: string, options: RuleOptions) => {
      const { from, to, enabled } = options;
      const verdict = { ...(verdictOf(options) ?? { traffic: [] }), ...termsOf(options, Date.now()) };
      const { client } = await app.hub();
      const { data } = await client.call("meshRules.create", {
        body: { name, from: [...from], to: [...to], ...verdict, enabled: enabled ?? true },
      });
      app.emit(data, () => detailsOf(data));
    });
  withRuleOptions(
    rules.command("update").addOption(noteOption()).argument("<rule>", "id or name of the rule"),
  )
    .description("Change, disable or enable a rule; what is given replaces what was (role admin)")
    .option("--name <name>", "its new name")
    .option("--enabled", "turn it on")
    .option("--no-enabled", "turn it off")
    .action(async (rule: string, options: RuleOptions) => {
      const { from, to, name, enabled } = options;
      const verdict = { ...verdictOf(options), ...termsOf(options, Date.now()) };
      const { client } = await app.hub();
      const params = { meshRule: rule };
      const { etag } = await client.call("meshRules.get", { params });
      const { data } = await client.call("meshRules.update", {
        params,
        ifMatch: etag ?? "",
        body: {
          ...(name === undefined ? {} : { name }),
          ...(enabled === undefined ? {} : { enabled }),
          ...(from.length > 0 ? { from: [...from] } : {}),
          ...(to.length > 0 ? { to: [...to] } : {}),
          ...verdict,
        },
      });
      app.emit(data, () => detailsOf(data));
    });
}

export const withRuleOptions = (command: Command): Command =>
  command
    .option("--from <selector>", SELECTORS, gather, [])
    .option("--to <selector>", SELECTORS, gather, [])
    .option("--allow <traffic>", TRAFFIC, gather, [])
    .option("--deny <traffic>", "what no other rule may allow, in the same words (repeat it)", gather, [])
    .option("--not-before <time>", "when it begins: a date, a span from now such as 2h, or none")
    .option(
      "--not-after <time>",
      "when it ends, even without hub and agent: a date, a span from now, or none",
    )
    .option("--weekly <windows>", "when in the week it holds: mon-fri 09:00-17:00 Europe/Berlin, or none")
    .option(
      "--when <criterion>",
      "what sources must meet: 'device.stated has \"compliant\" and user.risk < 50', or none",
    )
    .option("--owner <who>", "who answers for it, or none")
    .option("--log", "let nodes log each connection that it decides")
    .option("--no-log", "let them log nothing of it");
