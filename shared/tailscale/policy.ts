import * as z from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { Fault } from "./fault.ts";

/** The sections of a Tailscale policy file that say who may reach whom. Others are named and left out. */

/** Null is the same as nothing there. */
const section = <T>(schema: z.ZodType<T>, empty: T) => schema.nullish().transform((value) => value ?? empty);

const text = z.string().max(300);
const names = z.array(text).max(10_000);
const lists = z.record(text, section(names, []));
const protocol = z.union([z.string().max(50), z.number()]);

// What a rule says beside may make it narrower, so a key that nobody knows is a fault.
const aclRule = z.strictObject({
  action: z.string().max(100).default(""),
  src: names.nullish(),
  dst: names.nullish(),
  proto: protocol.nullish(),
  /** The spelling of old files. */
  users: names.nullish(),
  ports: names.nullish(),
  srcPosture: section(names, []),
});

const grantRule = z.strictObject({
  src: section(names, []),
  dst: section(names, []),
  ip: section(names, []),
  app: section(z.record(text, z.unknown()), {}),
  via: section(names, []),
  srcPosture: section(names, []),
});

const testCase = z.strictObject({
  src: text.nullish(),
  proto: protocol.nullish(),
  accept: names.nullish(),
  deny: section(names, []),
  /** The spelling of old files. */
  user: text.nullish(),
  allow: names.nullish(),
  srcPostureAttrs: z.unknown().optional(),
});

const autoApprovers = z.strictObject({
  routes: section(lists, {}),
  exitNode: section(names, []),
  services: z.unknown().optional(),
});

export const policySchema = z.object({
  groups: section(lists, {}),
  hosts: section(z.record(text, text), {}),
  tagOwners: section(lists, {}),
  ipsets: section(lists, {}),
  postures: section(z.record(text, z.unknown()), {}),
  defaultSrcPosture: section(names, []),
  acls: z.array(aclRule).max(10_000).nullish(),
  grants: z.array(grantRule).max(10_000).nullish(),
  tests: section(z.array(testCase).max(10_000), []),
  autoApprovers: section(autoApprovers, { routes: {}, exitNode: [] }),
});

export type Policy = z.infer<typeof policySchema>;
export type AclRule = z.infer<typeof aclRule>;
export type GrantRule = z.infer<typeof grantRule>;
export type TestCase = z.infer<typeof testCase>;

/** Sections that say nothing about who may reach whom, or that nothing here corresponds to. */
const OTHER_SECTIONS: Readonly<Record<string, string>> = {
  autoApprovers: "An administrator approves each route: `rustronaut nodes routes NAME --approve PREFIX`",
  ssh: "Rules of Tailscale SSH have no counterpart: protect SSH by a rule for tcp/22 and the keys of its server",
  sshTests: "Tests of Tailscale SSH have no counterpart",
  nodeAttrs: "Attributes of nodes are features of Tailscale's client",
  derpMap: "Relays of Tailscale are not used",
  disableIPv4: "Every node has both families",
  randomizeClientPort: "Set the port of each agent with `up --port`",
  OneCGNATRoute: "Routes are set by the agent",
};

/** The file with each key as the reference spells it. Tailscale reads keys in any case: old files say `ACLs` and `Users`. */
export function readPolicy(file: unknown): Result<Policy, readonly Fault[]> {
  if (!isRecord(file) || !Object.keys(file).some((key) => isSection(key)))
    return err([
      { at: "the file", problem: "it has no section of a policy file", remedy: "Name another file" },
    ]);
  const faults: Fault[] = [];
  const spelt = spellKeys(file, policySchema, "", faults);
  if (faults.length > 0) return err(faults);
  const parsed = policySchema.safeParse(spelt);
  if (parsed.success) return ok(parsed.data);
  return err(
    parsed.error.issues.map(({ path, message }) => ({
      at: placeOf(path),
      problem: message,
      remedy: "Correct it",
    })),
  );
}

/** The sections that are left out, and those that are not known. */
export const otherSections = (file: unknown): Fault[] =>
  Object.keys(isRecord(file) ? file : {}).flatMap((at): Fault[] => {
    const remedy = OTHERS.get(small(at));
    if (remedy !== undefined) return [{ at, problem: "this section is left out", remedy }];
    return isSection(at) ? [] : [{ at, problem: "no such section is known", remedy: "Correct its name" }];
  });

const small = (key: string): string => key.toLowerCase();
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const OTHERS = new Map(Object.entries(OTHER_SECTIONS).map(([name, remedy]) => [small(name), remedy]));
const READ = new Set(Object.keys(policySchema.shape).map(small));
const isSection = (key: string): boolean => READ.has(small(key)) || OTHERS.has(small(key));

/** The lists of objects whose keys have spellings. The keys of other objects are names. */
const LISTED: Readonly<Record<string, z.ZodObject>> = { acls: aclRule, grants: grantRule, tests: testCase };

function spellKeys(value: unknown, { shape }: z.ZodObject, at: string, faults: Fault[]): unknown {
  if (!isRecord(value)) return value;
  const spellings = new Map(Object.keys(shape).map((key) => [small(key), key]));
  const spelt = new Map<string, unknown>();
  for (const [written, inner] of Object.entries(value)) {
    const key = spellings.get(small(written)) ?? written;
    if (spelt.has(key))
      faults.push({ at: at + written, problem: "this stands twice", remedy: "Write it once" });
    const schema = at === "" ? LISTED[key] : undefined;
    const list = schema && Array.isArray(inner) ? inner : null;
    spelt.set(
      key,
      list && schema
        ? list.map((each, index) => spellKeys(each, schema, `${key}[${index}].`, faults))
        : key === "autoApprovers" && at === ""
          ? spellKeys(inner, autoApprovers, `${key}.`, faults)
          : inner,
    );
  }
  return Object.fromEntries(spelt);
}

/** As `acls[0].src[1]`. */
const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (place, part) =>
      typeof part === "number"
        ? `${place}[${part}]`
        : place === ""
          ? String(part)
          : `${place}.${String(part)}`,
    "",
  );
