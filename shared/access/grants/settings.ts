import { ACTIONS, type ActionName } from "../policy/request.ts";

/**
 * A person or a group, as `user:ann@example.com` or `group:oncall`. A group stands for whoever policies see in it,
 * also by way of other groups.
 */
export type PersonSelector = string;

/** Who may request access to an app, who decides about it, and what a grant of it allows at most. */
export interface GrantSettings {
  /** Who may request access. */
  readonly grantAskers: readonly PersonSelector[];
  /** Who decides about requests. */
  readonly grantApprovers: readonly PersonSelector[];
  /** How many of them must approve. */
  readonly grantApprovals: number;
  /** The longest time that may be requested. */
  readonly grantMaxSeconds: number;
  /** Empty: every action. */
  readonly grantActions: readonly ActionName[];
  /** Patterns as after Cedar's `like`. Empty: every path. */
  readonly grantPaths: readonly string[];
  /** Who may let themselves in at once, in an emergency. */
  readonly emergencyAskers: readonly PersonSelector[];
  /** How long an emergency lasts at most. */
  readonly emergencySeconds: number;
}

export const NO_GRANTS: GrantSettings = {
  grantAskers: [],
  grantApprovers: [],
  grantApprovals: 1,
  grantMaxSeconds: 3_600,
  grantActions: [],
  grantPaths: [],
  emergencyAskers: [],
  emergencySeconds: 900,
};

/** What a grant of an app allows at most. */
export const offeredScope = ({
  grantActions,
  grantPaths,
}: GrantSettings): { readonly actions: readonly ActionName[]; readonly paths: readonly string[] } => ({
  actions: grantActions.length > 0 ? grantActions : ACTIONS,
  paths: grantPaths,
});

/**
 * Whether an app lets anybody request access, or break in in an emergency. Where nobody may, no grant of the app is in
 * force.
 */
export const offersGrants = ({
  grantAskers,
  emergencyAskers,
}: Pick<GrantSettings, "grantAskers" | "emergencyAskers">): boolean =>
  grantAskers.length > 0 || emergencyAskers.length > 0;

/** A person, as selectors name people. */
export interface Named {
  readonly email: string;
  /** Whether the person is in a group, also by way of other groups. */
  readonly isIn: (group: string) => boolean;
}

/** Whether one of the selectors names a person. */
export const isNamed = (selectors: readonly PersonSelector[], { email, isIn }: Named): boolean =>
  selectors.some((selector) =>
    selector.startsWith("user:")
      ? selector.slice("user:".length) === email
      : selector.startsWith("group:") && isIn(selector.slice("group:".length)),
  );
