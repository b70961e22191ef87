import { existsSync } from "node:fs";
import { canonicalPrefix, familyOf } from "../tunnel/addresses.ts";
import { type Numbers, numbersOf, type RouteTable } from "../tunnel/numbers.ts";
import { type RouteParts, type RoutingRule, routePartsOf, routeTextOf } from "../tunnel/routing.ts";
import type { MachineRoute } from "../tunnel/tunnel.ts";
import { CommandFailed, run } from "./exec.ts";
import { inOrder, readRule, ruleArguments } from "./rules.ts";

/**
 * The origin (`protocol`) that the agent's routes and rules carry. At each restart, systemd-networkd removes every
 * route and rule of another program, except those whose origin is the kernel. The agent recognises its own by their
 * tables and marks instead.
 */
const ORIGIN = "kernel";
/** In the table of the exit, the tunnel's routes win over the closed route. */
const METRIC = { open: 1024, closed: 4_294_967_295 } as const;
const TABLES = ["peers", "networks", "exit"] as const satisfies readonly RouteTable[];
const UNREACHABLE = "7";
const UNICAST = "1";

interface RouteJson {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly via?: unknown;
  readonly nexthops?: unknown;
  readonly dev?: string;
}

export interface Routing {
  readonly routes: readonly string[];
  readonly routingRules: readonly RoutingRule[];
  readonly machineRoutes: readonly MachineRoute[];
  readonly families: readonly (4 | 6)[];
}

/** Reads the agent's routes and rules, and the machine's own routes, with one call of `ip` for each family. */
export async function readRouting(name: string): Promise<Routing> {
  const numbers = numbersOf(name);
  const families = kernelFamilies();
  const each = await Promise.all(families.map((family) => readFamily(family, name, numbers)));
  return {
    families,
    routes: each.flatMap(({ routes }) => routes),
    routingRules: each.flatMap(({ routingRules }) => routingRules),
    machineRoutes: each.flatMap(({ machineRoutes }) => machineRoutes),
  };
}

/** The address families that the kernel has. A kernel may be built or started without IPv6. */
export const kernelFamilies = (): readonly (4 | 6)[] => (existsSync("/proc/net/if_inet6") ? [4, 6] : [4]);

async function readFamily(family: 4 | 6, name: string, numbers: Numbers): Promise<Omit<Routing, "families">> {
  const tables = [...TABLES.map((table) => numbers.tables[table]), "main"];
  const asked = ["rule show", ...tables.map((table) => `route show table ${table}`)];
  const text = await run(["ip", `-${family}`, "-N", "-j", "-force", "-batch", "-"], {
    input: `${asked.join("\n")}\n`,
  });
  const answers = text.split("\n").filter((line) => line.startsWith("["));
  if (answers.length !== asked.length)
    throw new Error(`\`ip\` answered ${answers.length} of ${asked.length} questions about routes`);
  const [rules, peers, networks, exit, main] = answers.map((line) => JSON.parse(line) as unknown[]);
  const own = { peers, networks, exit } as Record<RouteTable, RouteJson[]>;
  return {
    routes: TABLES.flatMap((table) => own[table].flatMap((route) => readRoute(route, table, family, name))),
    routingRules: (rules as Parameters<typeof readRule>[0][]).flatMap(
      (rule) => readRule(rule, family, numbers) ?? [],
    ),
    machineRoutes: (main as RouteJson[]).flatMap((route) => readMachineRoute(route, family)),
  };
}

const prefixIn = ({ dst }: RouteJson, family: 4 | 6): string | null =>
  dst === "default" ? (family === 4 ? "0.0.0.0/0" : "::/0") : canonicalPrefix(dst);

function readRoute(route: RouteJson, table: RouteTable, family: 4 | 6, name: string): string[] {
  const prefix = prefixIn(route, family);
  const isClosed = route.type === UNREACHABLE;
  if (prefix === null || (!isClosed && route.dev !== name)) return [];
  return [routeTextOf({ table, prefix, isClosed })];
}

function readMachineRoute(route: RouteJson, family: 4 | 6): MachineRoute[] {
  const prefix = prefixIn(route, family);
  if (prefix === null) return [];
  const hasGateway = [route.gateway, route.via, route.nexthops].some((part) => part !== undefined);
  return [{ prefix, isDirect: !hasGateway && (route.type ?? UNICAST) === UNICAST }];
}

export const addRoutes = (name: string, routes: readonly string[]): Promise<void> =>
  batch("replace", name, routes);

export const removeRoutes = (name: string, routes: readonly string[]): Promise<void> =>
  batch("del", name, routes);

async function batch(verb: "replace" | "del", name: string, routes: readonly string[]) {
  const numbers = numbersOf(name);
  const parts = routes.map(routePartsOf);
  for (const family of [4, 6] as const) {
    const lines = parts
      .filter(({ prefix }) => familyOf(prefix) === family)
      .map((route) => `route ${verb} ${routeArguments(route, name, numbers)}\n`);
    if (lines.length > 0) await run(["ip", `-${family}`, "-batch", "-"], { input: lines.join("") });
  }
}

function routeArguments({ table, prefix, isClosed }: RouteParts, name: string, numbers: Numbers): string {
  const where = isClosed ? `unreachable ${prefix}` : `${prefix} dev ${name}`;
  const metric = isClosed ? METRIC.closed : METRIC.open;
  return `${where} table ${numbers.tables[table]} proto ${ORIGIN} metric ${metric}`;
}

export async function addRules(rules: readonly RoutingRule[], name: string): Promise<void> {
  for (const rule of inOrder(rules)) {
    const args = ruleArguments(rule, numbersOf(name));
    try {
      await run(["ip", `-${rule.family}`, "rule", "add", ...args, "protocol", ORIGIN]);
    } catch (error) {
      if (!(error instanceof CommandFailed) || !error.stderr.includes("File exists")) throw error;
    }
  }
}

export async function removeRules(rules: readonly RoutingRule[], name: string): Promise<void> {
  for (const rule of inOrder(rules).reverse()) {
    await run(["ip", `-${rule.family}`, "rule", "del", ...ruleArguments(rule, numbersOf(name))]);
  }
}

/** Removes the routes and rules of this interface that do not vanish together with it. */
export async function removeRouting(name: string): Promise<void> {
  const { routes, routingRules } = await readRouting(name);
  await removeRules(routingRules, name);
  await removeRoutes(name, routes);
}
