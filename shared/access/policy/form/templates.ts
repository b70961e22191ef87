import { NO_CONDITIONS, type PolicyForm } from "./model.ts";

/** The names that are filled into a template. */
export interface TemplateNames {
  readonly app: string;
  readonly group: string;
}

export interface PolicyTemplate {
  /** `rustronaut policy new --template <id>` */
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly forms: (names: TemplateNames) => readonly PolicyForm[];
}

const statement = (
  effect: PolicyForm["effect"],
  {
    conditions,
    ...rest
  }: Partial<Omit<PolicyForm, "conditions">> & { readonly conditions?: Partial<PolicyForm["conditions"]> },
): PolicyForm => ({
  effect,
  ...{ who: { kind: "anyone" }, app: null, actions: [], paths: [] },
  ...rest,
  conditions: { ...NO_CONDITIONS, ...conditions },
});
const group = (name: string) => ({ kind: "named" as const, groups: [name], users: [], serviceTokens: [] });

/**
 * The policies that teams usually write first. The networks and countries in them are examples that must be
 * replaced.
 */
export const POLICY_TEMPLATES: readonly PolicyTemplate[] = [
  {
    id: "team",
    title: "Open an app to a team",
    about: "Members of a group may do everything in an app.",
    forms: ({ app, group: name }) => [statement("permit", { who: group(name), app })],
  },
  {
    id: "admin-paths",
    title: "Admin paths only for a group",
    about: "Whoever may open the app by another policy may not open /admin without being in the group.",
    forms: ({ app, group: name }) => [
      statement("forbid", { app, paths: ["/admin"], conditions: { memberOf: [name] } }),
    ],
  },
  {
    id: "office-network",
    title: "Only from the office",
    about: "A group may open the app from the networks that you list, such as the office or the VPN.",
    forms: ({ app, group: name }) => [
      statement("permit", { who: group(name), app, conditions: { networks: ["203.0.113.0/24"] } }),
    ],
  },
  {
    id: "business-hours",
    title: "Only in business hours",
    about: "A group may open the app from Monday to Friday, from 8 to 18 o'clock UTC.",
    forms: ({ app, group: name }) => [
      statement("permit", {
        who: group(name),
        app,
        conditions: { hours: { from: 8, to: 18 }, weekdays: [1, 2, 3, 4, 5] },
      }),
    ],
  },
  {
    id: "fresh-sign-in",
    title: "A fresh sign-in for changes",
    about:
      "Who may open the app must have signed in within 15 minutes to write or delete. Service tokens can't.",
    forms: ({ app }) => [
      statement("forbid", { app, actions: ["write", "delete"], conditions: { signedInWithin: 900 } }),
    ],
  },
  {
    id: "block-country",
    title: "Block a country",
    about:
      "Nobody may open the app from the countries that you list, or from where the country is not known.",
    forms: ({ app }) => [statement("forbid", { app, conditions: { notCountries: ["KP"] } })],
  },
  {
    id: "api-token",
    title: "A service token for an API",
    about: "Programs whose service tokens are in the group may read what lies beneath /api.",
    forms: ({ app, group: name }) => [
      statement("permit", { who: group(name), app, actions: ["read"], paths: ["/api"] }),
    ],
  },
];
