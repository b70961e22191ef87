import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "smol-toml";

/** The bindings of the Worker in `wrangler.toml`, the only place that defines them. */
export interface Deployment {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Names of the variables, of the D1 databases, and of the assets. */
  readonly vars: readonly string[];
  readonly databases: readonly string[];
  readonly assets: string;
  /** The objects' classes, by their binding. */
  readonly objects: Readonly<Record<string, string>>;
}

interface WranglerFile {
  readonly compatibility_date: string;
  readonly compatibility_flags: readonly string[];
  readonly vars: Readonly<Record<string, string>>;
  readonly assets: { readonly binding: string };
  readonly d1_databases: readonly { readonly binding: string }[];
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string }[];
  };
  readonly migrations: readonly { readonly new_sqlite_classes?: readonly string[] }[];
}

const ROOT = resolve(import.meta.dirname, "../..");

/** @throws Error If the class of an object has no migration, because Cloudflare would refuse the deployment. */
export function readDeployment(): Deployment {
  const file = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8")) as unknown as WranglerFile;
  const objects = file.durable_objects.bindings.map(({ name, class_name }) => [name, class_name] as const);
  const made = file.migrations.flatMap(({ new_sqlite_classes = [] }) => new_sqlite_classes);
  const unmade = objects.filter(([, className]) => !made.includes(className));
  if (unmade.length > 0) {
    throw new Error(`wrangler.toml: add a migration with new_sqlite_classes for ${unmade.join(", ")}`);
  }
  return {
    compatibilityDate: file.compatibility_date,
    compatibilityFlags: file.compatibility_flags,
    vars: Object.keys(file.vars),
    databases: file.d1_databases.map(({ binding }) => binding),
    assets: file.assets.binding,
    objects: Object.fromEntries(objects),
  };
}

/** The bindings as options of Miniflare, for a Worker whose variables and code are given separately. */
export function localBindings({ databases, objects }: Deployment) {
  return {
    d1Databases: Object.fromEntries(databases.map((name) => [name, `local-${name}`])),
    durableObjects: Object.fromEntries(
      Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]),
    ),
  };
}
