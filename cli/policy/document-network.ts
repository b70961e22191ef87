import { resourceOf } from "../../shared/access/assess.ts";
import type { Registered } from "../../shared/access/policy/inventory.ts";
import type { Findings, SupposedApp } from "../../shared/access/supposed.ts";
import type { NetworkDocument } from "../../shared/api/document.ts";
import { type AppSettings, appSettings } from "../../shared/registry/app-settings.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** A network as its document alone says it. Things that only a hub knows are not there. */
export class DocumentNetwork implements Findings {
  readonly #document: NetworkDocument;

  constructor(document: NetworkDocument) {
    this.#document = document;
  }

  get apps(): SupposedApp[] {
    return (this.#document.apps ?? []).map((item) => ({
      ...{ id: item.audience ?? item.name, name: item.name, title: item.title ?? "", host: item.host },
      ...{
        segmentId: item.segment,
        segment: item.segment,
        otherHosts: item.otherHosts ?? [],
        tags: item.tags ?? [],
        upstreams: item.upstreams ?? [],
        through: item.through ?? [],
      },
      enabled: item.enabled ?? true,
      settings: appSettings((item.settings ?? {}) as Partial<AppSettings>),
    }));
  }

  /** The facts that policies may refer to besides the request. */
  get registered(): Registered {
    const groupParents: Record<string, string[]> = {};
    for (const { name, groups = [] } of this.#document.groups ?? [])
      for (const child of groups) groupParents[child] = [...(groupParents[child] ?? []), name];
    return {
      groupParents,
      apps: this.apps
        .filter(({ enabled }) => enabled)
        .map((app) => resourceOf({ ...app, segmentName: app.segment })),
      segments: (this.#document.segments ?? []).map(({ name }) => name),
    };
  }

  app: Findings["app"] = async (reference) =>
    this.apps.find(({ id, name }) => name === reference || id === reference) ?? absent("app", reference);

  user: Findings["user"] = async (reference) => {
    const email = reference.toLowerCase();
    const item = this.#document.users?.find((one) => one.email === email) ?? absent("user", reference);
    const groups = (this.#document.groups ?? []).filter(({ users }) => users?.includes(email));
    return {
      ...{ userId: email, email, emailVerified: true, name: item.name ?? "", role: item.role ?? null },
      groups: groups.map(({ name }) => name).sort(),
      status: item.status ?? "active",
    };
  };

  serviceToken: Findings["serviceToken"] = async (reference) => {
    const tokens = this.#document.serviceTokens ?? [];
    const item = tokens.find(({ name }) => name === reference) ?? absent("service token", reference);
    const { name, groups = [], enabled = true, expiresAt } = item;
    const ends = expiresAt ? Date.parse(expiresAt) : null;
    return { id: name, name, groups: JSON.stringify(groups), enabled, expiresAt: ends };
  };
}

const absent = (what: string, name: string): never => {
  throw new Failure(EXIT.notFound, `The file names no ${what} ${name}`);
};
