import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** Imports only run downwards. The linter refuses most wrong arrows while typing; this sees them all. */

const AREAS: Readonly<Record<string, readonly string[]>> = {
  // The migrations' journal says which schema a release is of.
  shared: ["shared", "migrations"],
  // The WASM of the policy parser is imported by its place.
  "durable-objects": ["durable-objects", "shared", "node_modules"],
  workers: ["workers", "shared", "docs", "node_modules"],
  agent: ["agent", "shared"],
  // The package says which version this is.
  cli: ["cli", "shared", "package.json"],
  dashboard: ["dashboard", "shared"],
};
/** The Worker's entry exports the objects' classes; everywhere else in `workers/` only their types are known. */
const ENTRY = "workers/index.ts";
const MAX_LINES = 400;

/**
 * Folders inside an area, and what their code (types apart) may use of the same area; who is not named uses none. Files that
 * lie in an area itself (its entry, words for failures) are not counted. Folders in them belong to them, but for those named here.
 */
const ARROWS: Readonly<Record<string, string>> = {
  "agent/commands": "connector control core hub output state system telemetry tunnel",
  "agent/connector": "hub",
  "agent/core": "health hub parts paths state telemetry tunnel",
  "agent/device": "system",
  "agent/edge": "hub tunnel",
  "agent/hub": "state telemetry",
  "agent/parts": "connector device edge mapping health hub paths relay telemetry tunnel",
  "agent/paths": "tunnel",
  "agent/relay": "system",
  "agent/state": "health system tunnel",
  "agent/system": "health tunnel",
  "agent/telemetry": "state system tunnel",
  "agent/tunnel": "health",
  "shared/access":
    "access/device access/grade access/grants access/policy access/risk access/sessions base connector http",
  "shared/access/grade": "access/policy access/risk base",
  "shared/access/grants": "access/policy base",
  "shared/access/login": "access/grade access/risk access/sessions base http net",
  "shared/access/mcp": "base",
  "shared/access/oauth": "access/grade base",
  "shared/access/policy": "base net",
  "shared/access/risk": "",
  "shared/access/sessions": "access/device access/risk base",
  "shared/access/signals": "access/device access/risk audit base",
  "shared/access/workload": "base",
  "shared/api":
    "access/grade access/grants access/login access/oauth access/policy access/risk access/signals audit base connector http net node/config node/protocol notifications paths registry scim segments",
  "shared/audit": "base merkle",
  "shared/connector": "base net",
  "shared/crypto": "base",
  "shared/edge": "relay",
  "shared/http": "base net",
  "shared/logs": "audit",
  "shared/mail": "",
  "shared/net": "base",
  "shared/notifications": "audit base",
  "shared/node": "base crypto net node/config node/protocol paths segments",
  "shared/node/config": "base crypto merkle net",
  "shared/node/mesh": "node node/config node/protocol paths registry segments",
  "shared/node/protocol": "base crypto node/config",
  "shared/paths": "",
  "shared/registry":
    "access access/grade access/grants access/login access/oauth access/risk base http net node node/config paths segments",
  "shared/relay": "crypto net",
  "shared/scim": "access/login base",
  "shared/segments": "access/login base net node/config",
  "shared/segments/suggest": "",
  "shared/tailscale": "base net segments",
  "workers/agent-api": "gateway mesh platform registry",
  "workers/gateway": "pages platform registry session",
  "workers/grants": "gateway hub pages platform registry session sign-in",
  "workers/hub": "agent-api gateway logs mesh notifications pages platform registry session signals sign-in",
  "workers/logs": "notifications platform registry",
  "workers/mesh": "platform registry",
  "workers/notifications": "mesh platform registry",
  "workers/registry": "platform",
  "workers/session": "pages platform registry",
  "workers/signals": "gateway mesh notifications platform registry session sign-in",
  "workers/sign-in": "gateway mesh pages platform registry session",
};
const NESTED = /^shared\/(access\/\w+|node\/(config|mesh|protocol))\//;
const folderOf = (file: string): string =>
  file
    .split("/")
    .slice(0, NESTED.test(file) ? 3 : 2)
    .join("/");

const files = Object.keys(AREAS).flatMap((area) => globSync(`${area}/**/*.{ts,tsx}`));

interface Import {
  readonly path: string;
  readonly isType: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const to = (path: string) => relative(".", join(dirname(file), path));
  const stated = [...text.matchAll(/^(?:import|export)( type)?([^;]*?)from "(\.[^"]+)"/gms)].map(
    ([, type, names = "", path = ""]) => ({
      path: to(path),
      isType: type !== undefined || /^\s*\{(\s*type \w+( as \w+)?,?)+\s*\}\s*$/.test(names),
    }),
  );
  const late = [...text.matchAll(/(typeof\s+)?\bimport\(\s*"(\.[^"]+)"/g)].map(([, type, path = ""]) => ({
    path: to(path),
    isType: type !== undefined,
  }));
  return [...stated, ...late];
}

/** `folder > folder` of every import of values inside one area, with one file that has it. */
function arrows(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of files) {
    const area = file.split("/")[0] ?? "";
    const from = folderOf(file);
    if (!["shared", "workers", "agent"].includes(area) || from === file) continue;
    for (const { path, isType } of importsOf(file)) {
      const to = folderOf(path);
      if (!isType && path.startsWith(`${area}/`) && to !== path && to !== from) {
        found.set(`${from} > ${to}`, file);
      }
    }
  }
  return found;
}

describe("the direction of imports", () => {
  it("is downwards in every file", () => {
    const wrong = files.flatMap((file) => {
      const allowed = AREAS[file.split("/")[0] ?? ""] ?? [];
      return importsOf(file)
        .filter(({ path, isType }) => {
          const target = path.split("/")[0] ?? "";
          const isObjectType =
            file.startsWith("workers/") && target === "durable-objects" && (isType || file === ENTRY);
          return !allowed.includes(target) && !isObjectType;
        })
        .map(({ path }) => `${file} imports ${path}`);
    });
    expect(files.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  it("I8: inside an area is as stated", () => {
    const stated = Object.entries(ARROWS).flatMap(([from, all]) =>
      all.split(" ").map((to) => `${from} > ${from.split("/")[0]}/${to}`),
    );
    const wrong = [...arrows()].filter(([arrow]) => !stated.includes(arrow));
    expect(wrong.map(([arrow, file]) => `${file}: ${arrow}`)).toEqual([]);
  });

  it("I8: leads in no circle from a folder back to itself", () => {
    const next = new Map<string, string[]>();
    for (const arrow of arrows().keys()) {
      const [from = "", to = ""] = arrow.split(" > ");
      next.set(from, [...(next.get(from) ?? []), to]);
    }
    const circles: string[] = [];
    const walk = (way: readonly string[]): void => {
      for (const to of next.get(way.at(-1) ?? "") ?? []) {
        if (to === way[0]) circles.push([...way, to].join(" > "));
        else if (!way.includes(to)) walk([...way, to]);
      }
    };
    for (const folder of next.keys()) walk([folder]);
    expect(circles).toEqual([]);
  });

  it("the storage document names every table", () => {
    const text = readFileSync("docs/storage-schema.md", "utf8");
    const tables = files.flatMap((file) =>
      [
        ...readFileSync(file, "utf8").matchAll(
          /CREATE TABLE (?:IF NOT EXISTS )?(\w+)|sqliteTable\(\s*"(\w+)"/g,
        ),
      ].map(([, inObject, inRegistry]) => inObject ?? inRegistry),
    );
    expect(tables.length).toBeGreaterThan(40);
    expect(tables.filter((table) => !text.includes(`\`${table}\``))).toEqual([]);
  });

  it("I8: what goes wrong is logged by the one logger, and is said with its cause", () => {
    const own = ["shared/base/errors/cause.ts", "workers/platform/log.ts", "durable-objects/log.ts"];
    const console = /\bconsole\.\w+\(/;
    const flat = /\bString\((error|err|e|cause|reason|thrown)\)|\$\{(error|err|thrown)\}/;
    const wrong = files.filter((file) => {
      const text = readFileSync(file, "utf8");
      const isServer = file.startsWith("workers/") || file.startsWith("durable-objects/");
      return !own.includes(file) && ((isServer && console.test(text)) || flat.test(text));
    });
    expect(wrong).toEqual([]);
  });

  it("I8: Durable Objects are reached in one way", () => {
    const found = files.filter((file) => /\.(idFromName|getByName)\(/.test(readFileSync(file, "utf8")));
    expect(found).toEqual(["shared/base/objects.ts"]);
  });

  it("I8: waits, queues and forgets by the one toolkit of shared/base", () => {
    const own = ["workers/platform/timer.ts", "durable-objects/timer.ts", "agent/timer.ts"];
    const sleep = /new Promise[^;]{0,80}setTimeout\((resolve|\(\) => resolve)/;
    const queue = /(#?\b\w+) = (?:this\.)?\1\.then\(|#(?:queue|last|tail)\.then\(/;
    const forgetting = /\.size >=? MAX_\w+\) \S+\.clear\(\)/;
    const wrong = files.filter((file) => {
      const text = readFileSync(file, "utf8");
      const isOwn = file.startsWith("shared/base/") || own.includes(file);
      return !isOwn && [sleep, queue, forgetting].some((pattern) => pattern.test(text));
    });
    expect(wrong).toEqual([]);
  });

  it(`no file has more than ${MAX_LINES} lines`, () => {
    const long = files.filter((file) => readFileSync(file, "utf8").split("\n").length > MAX_LINES);
    expect(long).toEqual([]);
  });
});
