import { resourceOf } from "../../../shared/access/assess.ts";
import type { Registered } from "../../../shared/access/policy/inventory.ts";
import type { Principal } from "../../../shared/access/sessions/types.ts";
import type { Findings } from "../../../shared/access/supposed.ts";
import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { type AppSettings, appSettings } from "../../../shared/registry/app-settings.ts";
import { loadPrincipal } from "../../registry/principals.ts";
import type { App } from "../handlers/apps.ts";
import { notFound } from "../refused.ts";
import type { NetworkRows } from "./read.ts";

/**
 * The network as it would be after applying a document, as far as tests of policies need it. Nothing of it is
 * stored.
 */
export class ComingNetwork implements Findings {
  readonly #d1: D1Database;
  readonly #rows: NetworkRows;
  readonly #document: NetworkDocument;
  readonly #gone: ReadonlySet<string>;

  constructor(d1: D1Database, rows: NetworkRows, document: NetworkDocument, steps: readonly PlanStep[]) {
    this.#d1 = d1;
    this.#rows = rows;
    this.#document = document;
    this.#gone = new Set(steps.filter(({ action }) => action === "delete").map(keyOf));
  }

  /** The facts that policies may refer to besides the request. */
  get registered(): Registered {
    const { segments } = this.#document;
    return {
      apps: this.#apps()
        .filter(({ enabled }) => enabled)
        .map((app) => resourceOf({ ...app, segmentName: app.segment })),
      segments: [...new Set([...this.#rows.segments, ...(segments ?? [])].map(({ name }) => name))].filter(
        (name) => this.#stays("segment", name),
      ),
      groupParents: this.#groupParents(),
    };
  }

  app = async (reference: string): Promise<App> =>
    this.#apps().find(({ id, name }) => name === reference || id === reference) ?? notFound("app");

  user = async (reference: string): Promise<Principal> => {
    const row = this.#rows.users.find(({ id, email }) => id === reference || email === reference);
    const email = row?.email ?? reference;
    const item = this.#document.users?.find((one) => one.email === email);
    if ((!row && !item) || !this.#stays("user", email)) return notFound("user");
    const known = row ? await loadPrincipal(this.#d1, row.id) : null;
    const before = known ?? { ...NEWCOMER, email };
    const listed = (this.#document.groups ?? []).filter(({ users }) => users !== undefined);
    const left = new Set(listed.map(({ name }) => name));
    const joined = listed.filter(({ users }) => users?.includes(email)).map(({ name }) => name);
    return {
      ...before,
      name: item?.name ?? before.name,
      status: item?.status ?? before.status,
      groups: [...new Set([...before.groups.filter((name) => !left.has(name)), ...joined])]
        .filter((name) => this.#stays("group", name))
        .sort(),
    };
  };

  serviceToken: Findings["serviceToken"] = async (reference) => {
    const row = this.#rows.serviceTokens.find(({ id, name }) => id === reference || name === reference);
    const name = row?.name ?? reference;
    const item = this.#document.serviceTokens?.find((one) => one.name === name);
    // A token that the document creates has a secret that nobody knows, so no request can come from it yet.
    if (!row || !this.#stays("serviceToken", name)) return notFound("service token");
    return {
      ...row,
      groups: item?.groups ? JSON.stringify(item.groups) : row.groups,
      enabled: item?.enabled ?? row.enabled,
    };
  };

  #stays(kind: PlanStep["kind"], name: string): boolean {
    return !this.#gone.has(keyOf({ kind, name }));
  }

  #apps(): App[] {
    const items = new Map((this.#document.apps ?? []).map((item) => [item.name, item]));
    const present = new Map(this.#rows.apps.map((app) => [app.name, app]));
    return [...new Set([...present.keys(), ...items.keys()])]
      .filter((name) => this.#stays("app", name))
      .map((name) => {
        const [before, item] = [present.get(name), items.get(name)];
        const settings = appSettings({ ...before?.settings, ...item?.settings } as Partial<AppSettings>);
        return {
          ...{
            id: "",
            title: "",
            otherHosts: [],
            tags: [],
            enabled: true,
            version: 0,
            createdAt: 0,
            updatedAt: 0,
          },
          ...before,
          ...item,
          settings,
        } as unknown as App;
      });
  }

  #groupParents(): Record<string, string[]> {
    const { groups, members } = this.#rows;
    const nameOf = new Map(groups.map(({ id, name }) => [id, name]));
    const listed = new Map((this.#document.groups ?? []).map((group) => [group.name, group.groups]));
    const nested = members.flatMap(({ groupId, kind, memberId }) => {
      const [parent, child] = [nameOf.get(groupId), nameOf.get(memberId)];
      const isStated = parent !== undefined && listed.get(parent) !== undefined;
      return kind === "group" && parent !== undefined && child !== undefined && !isStated
        ? [{ parent, child }]
        : [];
    });
    const stated = [...listed].flatMap(([parent, children]) =>
      (children ?? []).map((child) => ({ parent, child })),
    );
    const parents: Record<string, string[]> = {};
    for (const { parent, child } of [...nested, ...stated]) {
      if (this.#stays("group", parent) && this.#stays("group", child))
        parents[child] = [...(parents[child] ?? []), parent];
    }
    return parents;
  }
}

const keyOf = ({ kind, name }: Pick<PlanStep, "kind" | "name">): string => `${kind} ${name}`;

/** A person who has never signed in. */
const NEWCOMER = {
  ...{ userId: "", emailVerified: false, name: "", role: null, groups: [] as string[] },
  ...{ status: "active" as const, version: 0 },
};
