import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { identityProviderUpdate, networkUpdate } from "../../shared/api/registry.ts";
import { CONDITION_CODES } from "../../shared/node/conditions.ts";
import { DEFAULT_APP_SETTINGS } from "../../shared/registry/app-settings.ts";
import * as grants from "../../shared/registry/grant-schema.ts";
import * as mesh from "../../shared/registry/mesh-schema.ts";
import * as notifications from "../../shared/registry/notification-schema.ts";
import * as registry from "../../shared/registry/schema.ts";

const pagesIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const PAGES = [
  "README.md",
  ...pagesIn("docs"),
  ...pagesIn("docs/sign-in"),
  ...pagesIn("docs/guides"),
  ...pagesIn("docs/decisions"),
];
const text = (page: string) => readFileSync(page, "utf8");

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (page: string) =>
  text(page)
    .split("\n")
    .filter((line) => line.startsWith("#"))
    .map((line) =>
      line
        .replace(/^#+ /, "")
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );

function leadsNowhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
}

describe("the documents", () => {
  it.each(PAGES)("%s links to what is there", (page) => {
    const links = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const inside = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(inside.filter((link) => leadsNowhere(page, link))).toEqual([]);
  });

  it("name every setting of an app, with what holds unless it is set", () => {
    const row = (name: string) =>
      text("docs/applications.md").match(new RegExp(`^\\| \`${name}\` \\| (.*?) \\|`, "m"))?.[1];
    for (const [name, value] of Object.entries(DEFAULT_APP_SETTINGS)) {
      const shown =
        typeof value === "number"
          ? String(value)
          : Array.isArray(value) || value === ""
            ? "none"
            : `\`${value}\``;
      expect(`${name}: ${row(name)}`).toBe(`${name}: ${shown}`);
    }
  });

  it("name every setting of the network and of an identity provider", () => {
    const all = PAGES.map(text).join("\n");
    const names = [networkUpdate, identityProviderUpdate].flatMap(({ def }) => Object.keys(def.shape));
    expect(names.filter((name) => !all.includes(name))).toEqual([]);
  });

  it("I8: say of every condition of a node what it means, and of no other", () => {
    const [, table = ""] = text("docs/agent.md").match(/\*\*Conditions\*\*.*?\n\n((?:\|.*\n)+)/s) ?? [];
    const rows = table.split("\n").slice(2);
    const codes = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, code]) => code),
    );
    expect(codes.toSorted()).toEqual([...CONDITION_CODES].sort());
  });

  it("say of every table of the registry what it holds", () => {
    const tables = Object.values({ ...registry, ...mesh, ...notifications, ...grants }).flatMap((table) =>
      is(table, SQLiteTable) ? [getTableName(table)] : [],
    );
    expect(tables.length).toBeGreaterThan(20);
    expect(tables.filter((name) => !text("docs/storage-schema.md").includes(`| \`${name}\` |`))).toEqual([]);
  });
});
