/**
 * The facts of one request that policies judge. The gateway fills them, the evaluator reads them, the decision
 * record keeps them. How they appear in Cedar is `shared/access/policy/schema.ts`.
 */
export interface RequestFacts {
  readonly principal: PrincipalFacts;
  readonly action: ActionName;
  readonly resource: ResourceFacts;
  readonly request: { readonly method: string; readonly host: string; readonly path: string };
  readonly network: {
    readonly ip: string | null;
    readonly country: string | null;
    readonly asn: number | null;
  };
  /** Null for callers without a sign-in. */
  readonly authentication: {
    readonly provider: string;
    readonly acr: string | null;
    readonly amr: readonly string[];
    /** Seconds since the user last authenticated. */
    readonly ageSeconds: number;
  } | null;
  readonly device: DeviceFacts | null;
  /** 0 (none) to 100. */
  readonly risk: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** Of a request of which nobody knows where it came from, and of a sign-in of which nobody knows how it was. */
export const UNKNOWN_NETWORK: RequestFacts["network"] = { ip: null, country: null, asn: null };
export const UNKNOWN_SIGN_IN: NonNullable<RequestFacts["authentication"]> = {
  provider: "",
  acr: null,
  amr: [],
  ageSeconds: 0,
};

export type PrincipalFacts =
  | {
      readonly type: "User";
      /** The user's id; the Cedar entity id is the e-mail: `User::"alice@example.com"`. */
      readonly id: string;
      readonly email: string;
      readonly emailVerified: boolean;
      readonly name: string;
      readonly groups: readonly string[];
    }
  | {
      readonly type: "ServiceToken";
      readonly id: string;
      readonly name: string;
      readonly groups: readonly string[];
    }
  | { readonly type: "Anonymous" };

export interface ResourceFacts {
  readonly app: string;
  readonly segment: string;
  readonly tags: readonly string[];
}

export interface DeviceFacts {
  readonly id: string;
  readonly os: string;
  readonly compliant: boolean;
  readonly diskEncrypted: boolean;
  readonly firewallEnabled: boolean;
  /** Seconds since the posture was reported. */
  readonly ageSeconds: number;
}

/** One action per class of HTTP methods, and one for long-lived connections. All are in the group `access`. */
export const ACTIONS = ["read", "write", "delete", "connect"] as const;
export type ActionName = (typeof ACTIONS)[number];

/** GET, HEAD and OPTIONS read; DELETE deletes; an upgrade connects; everything else writes. */
export function actionOf(method: string, isUpgrade: boolean): ActionName {
  if (isUpgrade) return "connect";
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return "read";
  return method === "DELETE" ? "delete" : "write";
}

/** COPY reads what it copies; MOVE also takes it away from where it was (RFC 4918 §9.8, §9.9). */
const FURTHER: Readonly<Record<string, readonly ActionName[]>> = {
  COPY: ["read"],
  MOVE: ["read", "delete"],
};

/** All that a request does to the resource in its request line. */
export function actionsOf(method: string, isUpgrade: boolean): readonly ActionName[] {
  return [actionOf(method, isUpgrade), ...(Object.hasOwn(FURTHER, method) ? (FURTHER[method] ?? []) : [])];
}

export interface Decision {
  readonly decision: "allow" | "deny";
  /** Ids of the policies that decided: the forbids that hold, else the permits that hold. */
  readonly determining: readonly string[];
  /** Policies that erred and were skipped. */
  readonly erroring: readonly { readonly id: string; readonly message: string }[];
}
