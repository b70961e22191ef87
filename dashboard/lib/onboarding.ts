/** What a new network has so far. */
export interface Beginnings {
  readonly providers: number;
  readonly apps: number;
  readonly policies: number;
  /** Requests that a policy let through, in the last days. */
  readonly allowed: number;
}

export interface Step {
  readonly title: string;
  readonly says: string;
  readonly done: boolean;
  /** Where it is done: the parts of a page's address. */
  readonly at: readonly string[];
}

/** What is to be done until a first app is open to a first person, in order. */
export const stepsFor = ({ providers, apps, policies, allowed }: Beginnings): Step[] => [
  {
    title: "Say who signs people in",
    says: "An identity provider that you have already.",
    done: providers > 0,
    at: ["providers", "new"],
  },
  {
    title: "Put an app behind the gateway",
    says: "Its host, and where it really is.",
    done: apps > 0,
    at: ["apps", "new"],
  },
  {
    title: "Let somebody in",
    says: "Nobody may open anything before a policy says so.",
    done: policies > 0,
    at: ["policies", "new"],
  },
  {
    title: "Open the app",
    says: "The first request that is let through ends this list.",
    done: allowed > 0,
    at: ["apps"],
  },
];

/** Whether the list has done its work: it never comes back, since a quiet week is no new beginning. */
export const isSetUp = (beginnings: Beginnings): boolean =>
  stepsFor(beginnings).every(({ done }) => done) ||
  (beginnings.providers > 0 && beginnings.apps > 0 && beginnings.policies > 1);
