import { ACTIONS, type ActionName } from "../request.ts";

/**
 * One statement of a policy as a form shows it: who may do what with which app, and under which conditions. A
 * statement that a form can't express is written in Cedar.
 */
export interface PolicyForm {
  /**
   * `permit` allows if all conditions hold. `forbid` refuses unless all conditions hold. A `forbid` without
   * conditions always refuses.
   */
  readonly effect: "permit" | "forbid";
  readonly who: Who;
  /** The app's name; null for every app. */
  readonly app: string | null;
  /** An empty list means all actions. */
  readonly actions: readonly ActionName[];
  /** Each path includes everything beneath it, such as `/admin`. An empty list means the whole app. */
  readonly paths: readonly string[];
  readonly conditions: Conditions;
}

export type Who =
  | { readonly kind: "anyone" }
  /** Everybody who signed in. */
  | { readonly kind: "signedIn" }
  | {
      readonly kind: "named";
      readonly groups: readonly string[];
      /** E-mail addresses. */
      readonly users: readonly string[];
      readonly serviceTokens: readonly string[];
    };

/**
 * All given conditions must hold. A condition about an unknown fact, such as the country of an unlisted
 * address, doesn't hold.
 */
export interface Conditions {
  /** Only in a `forbid`: the groups whose members are exempt from it. */
  readonly memberOf: readonly string[];
  /** Addresses and prefixes, such as `203.0.113.0/24`. */
  readonly networks: readonly string[];
  /** ISO 3166-1 codes. */
  readonly countries: readonly string[];
  readonly notCountries: readonly string[];
  /**
   * Hours in UTC. `from` is 0 to 23, `to` is 1 to 24. If `to` is less than `from`, the time goes over
   * midnight.
   */
  readonly hours: { readonly from: number; readonly to: number } | null;
  /** Monday is 1. */
  readonly weekdays: readonly number[];
  /** Seconds. */
  readonly signedInWithin: number | null;
  /** At least one of these must be among the methods that the provider says were used (`amr`), such as `mfa`. */
  readonly methods: readonly string[];
}

export const NO_CONDITIONS: Conditions = {
  memberOf: [],
  networks: [],
  countries: [],
  notCountries: [],
  hours: null,
  weekdays: [],
  signedInWithin: null,
  methods: [],
};

/** The same form for all forms that differ only in order or repetitions. */
export function normalForm(form: PolicyForm): PolicyForm {
  const { who, conditions: c } = form;
  const actions = ACTIONS.filter((action) => form.actions.includes(action));
  const paths = form.paths.map((path) => path.replace(/\/+$/, ""));
  return {
    ...form,
    who:
      who.kind === "named"
        ? {
            ...who,
            groups: once(who.groups),
            users: once(who.users),
            serviceTokens: once(who.serviceTokens),
          }
        : who,
    actions: actions.length === ACTIONS.length ? [] : actions,
    paths: paths.includes("") ? [] : once(paths),
    conditions: {
      ...c,
      memberOf: once(c.memberOf),
      networks: once(c.networks),
      countries: once(c.countries),
      notCountries: once(c.notCountries),
      weekdays: once(c.weekdays).sort(),
      methods: once(c.methods),
    },
  };
}

const once = <T>(items: readonly T[]): T[] => [...new Set(items)];

/** Why a form can't become a statement, in words. Null if it can. */
export function lackOf({ effect, who, paths, conditions: { memberOf, hours } }: PolicyForm): string | null {
  if (who.kind === "named" && who.groups.length + who.users.length + who.serviceTokens.length === 0)
    return "Name at least one group, person or service token.";
  if (paths.some((path) => !path.startsWith("/"))) return "A path begins with /.";
  if (hours !== null && hours.from === hours.to)
    return "The hours must end at another one than they begin at.";
  if (effect === "permit" && memberOf.length > 0) return "Only a statement that forbids spares a group.";
  return null;
}
