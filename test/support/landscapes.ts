import { randomFrom } from "./random.ts";

/** Made-up networks of which the true roles are known, and what a watcher would see of them. */

export interface SeenFlow {
  readonly source: string;
  readonly destination: string;
  readonly service: string;
}

/** The nodes of each role, and which role calls which by what. */
export interface Landscape {
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly calls: readonly (readonly [from: string, to: string, service: string])[];
}

/** The call graph of the demo shop of twelve services that is known as Online Boutique (Apache-2.0, GoogleCloudPlatform). */
const SHOP: readonly (readonly [from: string, to: string, service: string])[] = [
  ["load", "frontend", "tcp/8080"],
  ["frontend", "ad", "tcp/9555"],
  ["frontend", "cart", "tcp/7070"],
  ["frontend", "checkout", "tcp/5050"],
  ["frontend", "currency", "tcp/7000"],
  ["frontend", "catalogue", "tcp/3550"],
  ["frontend", "recommendation", "tcp/8080"],
  ["frontend", "shipping", "tcp/50051"],
  ["checkout", "cart", "tcp/7070"],
  ["checkout", "currency", "tcp/7000"],
  ["checkout", "email", "tcp/8080"],
  ["checkout", "payment", "tcp/50051"],
  ["checkout", "catalogue", "tcp/3550"],
  ["checkout", "shipping", "tcp/50051"],
  ["recommendation", "catalogue", "tcp/3550"],
  ["cart", "redis", "tcp/6379"],
];
const SERVICES = [...new Set([...SHOP.map(([from]) => from), ...SHOP.map(([, to]) => to)])];

/** Several shops that use the same name servers and are watched by the same monitoring. */
export function shops(copies: number, replicas: number): Landscape {
  const roles: Record<string, string[]> = { dns: named("dns", 2), monitoring: named("monitoring", 2) };
  const calls: [string, string, string][] = [];
  for (let copy = 0; copy < copies; copy++) {
    for (const [from, to, service] of SHOP) calls.push([`${from}-${copy}`, `${to}-${copy}`, service]);
    for (const service of SERVICES) {
      const role = `${service}-${copy}`;
      roles[role] = named(role, replicas);
      calls.push([role, "dns", "udp/53"], ["monitoring", role, "tcp/9100"]);
    }
  }
  return { roles, calls };
}

const DESKS = ["engineering", "sales", "finance", "support", "people", "board"];
const OFFICE: Readonly<Record<string, number>> = {
  ...{ engineering: 90, sales: 80, finance: 30, support: 60, people: 15, board: 8, phones: 10, printers: 14 },
  ...{ ci: 24, git: 3, wiki: 3, crm: 4, ledger: 3, payroll: 2, tickets: 4, web: 24, api: 40, worker: 40 },
  ...{
    database: 9,
    cache: 9,
    queue: 5,
    search: 7,
    mail: 3,
    files: 4,
    dns: 3,
    monitoring: 2,
    backup: 2,
    bastion: 2,
  },
};
const OFFICE_CALLS: Readonly<Record<string, string>> = {
  engineering: "git tcp/22, ci tcp/443, bastion tcp/22",
  sales: "crm tcp/443, phones udp/5061",
  finance: "ledger tcp/8443, payroll tcp/8443",
  support: "crm tcp/443, tickets tcp/443, phones udp/5061",
  people: "payroll tcp/8443",
  board: "crm tcp/443, ledger tcp/8443",
  bastion: "web tcp/22, api tcp/22, worker tcp/22, database tcp/22",
  ci: "git tcp/22, api tcp/443, web tcp/22",
  web: "api tcp/8080",
  api: "database tcp/5432, cache tcp/6379, queue tcp/5672, search tcp/9200",
  worker: "queue tcp/5672, database tcp/5432, search tcp/9200, mail tcp/25",
  tickets: "mail tcp/25",
  crm: "database tcp/5432",
  backup: "database tcp/5432, files tcp/445, ledger tcp/22, git tcp/22",
};

/** A company of 500 machines in 28 roles, with departments that have most applications in common. */
export function office(): Landscape {
  const roles = Object.fromEntries(Object.entries(OFFICE).map(([role, count]) => [role, named(role, count)]));
  const calls: [string, string, string][] = [];
  for (const [from, text] of Object.entries(OFFICE_CALLS)) {
    for (const [to = "", service = ""] of text.split(", ").map((call) => call.split(" ")))
      calls.push([from, to, service]);
  }
  for (const desk of DESKS)
    calls.push([desk, "mail", "tcp/993"], [desk, "files", "tcp/445"], [desk, "printers", "tcp/631"]);
  for (const desk of DESKS) calls.push([desk, "wiki", "tcp/443"]);
  for (const role of Object.keys(OFFICE)) {
    if (role !== "dns") calls.push([role, "dns", "udp/53"]);
    if (role !== "monitoring" && !DESKS.includes(role)) calls.push(["monitoring", role, "tcp/9100"]);
  }
  return { roles, calls };
}

/** Names that tell nothing: a method that read them would find the roles at once. */
const named = (role: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${scramble(`${role} ${index}`)}`);

function scramble(text: string): string {
  let hash = 0;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x9e3779b1) ^ (hash >>> 15);
  return `${(hash >>> 0).toString(36)}-${text.length}${text.charCodeAt(0)}`;
}

/** Each pair of nodes that needs a service. */
export const needed = ({ roles, calls }: Landscape): SeenFlow[] =>
  calls.flatMap(([from, to, service]) =>
    (roles[from] ?? []).flatMap((source) =>
      (roles[to] ?? [])
        .filter((destination) => destination !== source)
        .map((destination) => ({ source, destination, service })),
    ),
  );

export interface Watch {
  /** The share of the needed pairs that is seen. */
  readonly seen: number;
  /** Flows of chance, as a share of what is seen: half of them by services that are in use, half by any port. */
  readonly chance: number;
  readonly seed: number;
}

export function watched(landscape: Landscape, { seen, chance, seed }: Watch): SeenFlow[] {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const flows = needed(landscape).filter(() => random() < seen);
  const nodes = Object.values(landscape.roles).flat();
  const services = [...new Set(landscape.calls.map(([, , service]) => service))];
  const strange = Array.from({ length: Math.round(flows.length * chance) }, (_, index) => ({
    source: pick(nodes),
    destination: pick(nodes),
    service: index % 2 === 0 ? pick(services) : `tcp/${1_024 + Math.floor(random() * 64_000)}`,
  }));
  return [...flows, ...strange.filter(({ source, destination }) => source !== destination)];
}
