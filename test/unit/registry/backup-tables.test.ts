import { is } from "drizzle-orm";
import { getTableName, Table } from "drizzle-orm/table";
import { describe, expect, it } from "vitest";
import { NOT_KEPT, PAGED_TABLES, SINGLE_TABLES } from "../../../shared/registry/backup-tables.ts";
import * as grants from "../../../shared/registry/grant-schema.ts";
import * as history from "../../../shared/registry/history-schema.ts";
import * as hub from "../../../shared/registry/hub-schema.ts";
import * as logs from "../../../shared/registry/log-schema.ts";
import * as mesh from "../../../shared/registry/mesh-schema.ts";
import * as notifications from "../../../shared/registry/notification-schema.ts";
import * as oauth from "../../../shared/registry/oauth-schema.ts";
import * as passkeys from "../../../shared/registry/passkey-schema.ts";
import * as schema from "../../../shared/registry/schema.ts";
import { compareSchema, SCHEMA_VERSION } from "../../../shared/registry/schema-version.ts";
import * as scim from "../../../shared/registry/scim-schema.ts";
import * as signals from "../../../shared/registry/signal-schema.ts";
import * as suggestions from "../../../shared/registry/suggestion-schema.ts";

describe("U24: a backup", () => {
  it("holds each table of the registry, or it is said that it does not", () => {
    const all = Object.values({
      ...schema,
      ...mesh,
      ...history,
      ...notifications,
      ...signals,
      ...logs,
      ...grants,
      ...hub,
      ...oauth,
      ...passkeys,
      ...scim,
      ...suggestions,
    }).flatMap((value) => (is(value, Table) ? [getTableName(value)] : []));
    const known = [...[...PAGED_TABLES, ...SINGLE_TABLES].map(({ name }) => name), ...NOT_KEPT];
    expect(all.length).toBeGreaterThan(25);
    expect(known.toSorted()).toEqual(all.toSorted());
  });
});

describe("U24: the schema that a release is of", () => {
  it("is the same by any name under which a migration was recorded", async () => {
    const { default: journal } = await import("../../../migrations/meta/_journal.json");
    const tags = journal.entries.map(({ tag }) => tag);
    expect(SCHEMA_VERSION).toBe(tags.at(-1));
    expect(compareSchema(tags)).toBe("same");
    expect(compareSchema(tags.map((tag) => `../migrations/${tag}.sql`))).toBe("same");
    expect(compareSchema([...tags, "9999_of_tomorrow"])).toBe("newer");
    expect(compareSchema(tags.slice(0, -1))).toBe("outdated");
    // A branch's own migration in place of one of ours.
    expect(compareSchema([...tags.slice(0, -1), "9999_of_a_branch"])).toBe("outdated");
    expect(compareSchema([])).toBe("outdated");
  });
});
