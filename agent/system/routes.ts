import { MARK } from "../apply/plan.ts";
import { canonicalPrefix, familyOf, isDefaultRoute } from "./addresses.ts";
import { CommandFailed, run } from "./exec.ts";

/** The number that routes and rules of the agent carry as their origin, so that nobody else's are touched. */
const ORIGIN = "120";
/** Worse than what the kernel gives the prefixes of real interfaces: a local network is never taken over. */
const METRIC = "1024";
const EXIT_TABLE = String(MARK);
const PRIORITY = MARK;

/** The prefixes that the agent routes into the interface, the exit node's included. */
export async function readRoutes(name: string): Promise<string[]> {
  const of = async (family: "-4" | "-6") => {
    const text = await run([
      "ip",
      family,
      "-j",
      "route",
      "show",
      "table",
      "all",
      "dev",
      name,
      "proto",
      ORIGIN,
    ]);
    const routes = JSON.parse(text.trim() || "[]") as { dst: string }[];
    const all = family === "-4" ? "0.0.0.0/0" : "::/0";
    return routes.flatMap(({ dst }) => (dst === "default" ? all : (canonicalPrefix(dst) ?? [])));
  };
  return (await Promise.all([of("-4"), of("-6")])).flat();
}

export const addRoutes = (name: string, prefixes: readonly string[]): Promise<void> =>
  batch("replace", name, prefixes);

export const removeRoutes = (name: string, prefixes: readonly string[]): Promise<void> =>
  batch("del", name, prefixes);

async function batch(verb: "replace" | "del", name: string, prefixes: readonly string[]) {
  for (const family of [4, 6] as const) {
    const lines = prefixes
      .filter((prefix) => familyOf(prefix) === family)
      .map((prefix) => {
        const table = isDefaultRoute(prefix) ? `table ${EXIT_TABLE} ` : "";
        return `route ${verb} ${prefix} dev ${name} ${table}proto ${ORIGIN} metric ${METRIC}\n`;
      });
    if (lines.length > 0) await run(["ip", `-${family}`, "-batch", "-"], { input: lines.join("") });
  }
}

interface RuleJson {
  readonly priority: number;
  readonly protocol?: string;
  readonly dst?: string;
}

/** The agent's routing rules in the words of `routingRulesOf`. */
export async function readRoutingRules(): Promise<string[]> {
  const of = async (family: 4 | 6) => {
    const text = await run(["ip", `-${family}`, "-j", "rule", "show"]);
    return (JSON.parse(text.trim() || "[]") as RuleJson[]).flatMap(({ priority, dst }) => {
      if (priority === PRIORITY) return `${family} main`;
      if (priority === PRIORITY + 1) return `${family} bypass ${dst}`;
      return priority === PRIORITY + 2 ? `${family} exit` : [];
    });
  };
  return (await Promise.all([of(4), of(6)])).flat();
}

function ruleArguments(rule: string): { family: string; args: string[] } {
  const [family = "4", kind, address = ""] = rule.split(" ");
  switch (kind) {
    case "main":
      // Everything but the default route goes as the machine's own table says.
      return { family, args: ["lookup", "main", "suppress_prefixlength", "0", "priority", `${PRIORITY}`] };
    case "bypass":
      return { family, args: ["to", address, "lookup", "main", "priority", `${PRIORITY + 1}`] };
    default:
      return {
        family,
        args: ["not", "fwmark", `${MARK}`, "lookup", EXIT_TABLE, "priority", `${PRIORITY + 2}`],
      };
  }
}

export async function addRule(rule: string): Promise<void> {
  const { family, args } = ruleArguments(rule);
  try {
    await run(["ip", `-${family}`, "rule", "add", ...args, "protocol", ORIGIN]);
  } catch (error) {
    if (!(error instanceof CommandFailed) || !error.stderr.includes("File exists")) throw error;
  }
}

export async function removeRule(rule: string): Promise<void> {
  const { family, args } = ruleArguments(rule);
  await run(["ip", `-${family}`, "rule", "del", ...args]);
}
