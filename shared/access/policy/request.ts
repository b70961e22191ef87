/**
 * The facts of one request that policies judge. The gateway fills them, the evaluator reads them, and the
 * decision record stores them. `shared/access/policy/schema.ts` defines how they appear in Cedar.
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
    /** Missing or null unless the app asks for it and the platform verified one. */
    readonly certificate?: CertificateFacts | null;
  };
  /** Null for callers who didn't sign in. */
  readonly authentication: {
    readonly provider: string;
    readonly acr: string | null;
    readonly amr: readonly string[];
    /** Seconds since the user last authenticated. */
    readonly ageSeconds: number;
  } | null;
  readonly device: DeviceFacts | null;
  /** The program that acts for the user by OAuth. Null or missing if the user acts without one. */
  readonly client?: ClientFacts | null;
  /** The message to an MCP server. Null or missing if the request brings none. */
  readonly mcp?: McpFacts | null;
  /** The caller's grants for the app, at `now`. Each is a policy for this request. Missing if there are none. */
  readonly grants?: readonly GrantFacts[];
  /** From 0 (no risk) to 100. */
  readonly risk: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The certificate that a client proved to hold in the TLS handshake, as the platform states it. */
export interface CertificateFacts {
  /** SHA-256 of the certificate, in lower-case hexadecimal. */
  readonly fingerprint: string;
  /** Distinguished names (RFC 2253). */
  readonly subject: string;
  readonly issuer: string;
  /** In lower-case hexadecimal. */
  readonly serial: string;
}

/** The values for a request from an unknown place, and for a sign-in about which nothing is known. */
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
      /** The user's id. The Cedar entity id is not this id but the e-mail: `User::"alice@example.com"`. */
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
      /**
       * What the program's platform stated, such as `ref=refs/heads/main`. Missing if the program showed a secret. Null
       * if it is not known.
       */
      readonly claims?: readonly string[] | null;
    }
  | { readonly type: "Anonymous" };

export interface ResourceFacts {
  readonly app: string;
  readonly segment: string;
  readonly tags: readonly string[];
}

/** A program to which a user gave access. */
export interface ClientFacts {
  /** An id of the registry, or the address of the document in which the client describes itself. */
  readonly id: string;
  /** Whether an administrator registered it. */
  readonly isRegistered: boolean;
}

/** What a JSON-RPC message asks of an MCP server. */
export interface McpFacts {
  /** Such as `tools/call`. Empty for the client's answer to something that the server asked. */
  readonly method: string;
  /** The tool that `tools/call` names. Null for every other method. */
  readonly tool: string | null;
}

/** A grant in force. See `grant-links.ts`. */
export interface GrantFacts {
  readonly id: string;
  readonly actions: readonly ActionName[];
  /** Patterns as after `like`. Empty: every path. */
  readonly paths: readonly string[];
}

/** A machine that runs the agent, and that the session's browser proved to run on. */
export interface DeviceFacts {
  /** The node's id. */
  readonly id: string;
  readonly name: string;
  /** Whether the machine belongs to the session's user. It never belongs to another one. */
  readonly isOwned: boolean;
  /** Seconds since the browser proved that it runs on the machine. */
  readonly proofAgeSeconds: number;
  /** Whether browser and agent had one address then. */
  readonly sameAddress: boolean;
  /** What the machine says of itself. */
  readonly claims: {
    /** Seconds since it was measured. */
    readonly ageSeconds: number;
    readonly os: string;
    readonly osVersion: VersionFacts;
    readonly agentVersion: VersionFacts;
    readonly diskEncrypted: boolean;
    readonly firewallEnabled: boolean;
    readonly screenLock: boolean;
    /** What it answered to the checks of its segment: `edr:present`. */
    readonly checks: readonly string[];
  };
  /** What others state of it: `compliant` from whomever, and `intune:compliant` from one source. */
  readonly stated: readonly string[];
}

export interface VersionFacts {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/**
 * One action for each class of HTTP methods, and one for long-lived connections. All actions are in the group
 * `access`.
 */
export const ACTIONS = ["read", "write", "delete", "connect"] as const;
export type ActionName = (typeof ACTIONS)[number];

/** GET, HEAD and OPTIONS are `read`. DELETE is `delete`. An upgrade is `connect`. Everything else is `write`. */
export function actionOf(method: string, isUpgrade: boolean): ActionName {
  if (isUpgrade) return "connect";
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return "read";
  return method === "DELETE" ? "delete" : "write";
}

/**
 * COPY also reads the resource that it copies. MOVE reads the resource and also removes it from its old place
 * (RFC 4918 §9.8, §9.9).
 */
const FURTHER: Readonly<Record<string, readonly ActionName[]>> = {
  COPY: ["read"],
  MOVE: ["read", "delete"],
};

/** All actions of a request on the resource in its request line. */
export function actionsOf(method: string, isUpgrade: boolean): readonly ActionName[] {
  return [actionOf(method, isUpgrade), ...(Object.hasOwn(FURTHER, method) ? (FURTHER[method] ?? []) : [])];
}

export interface Decision {
  readonly decision: "allow" | "deny";
  /** The ids of the policies that decided: the matching forbids, or else the matching permits. */
  readonly determining: readonly string[];
  /** The policies that failed and were skipped. */
  readonly erroring: readonly { readonly id: string; readonly message: string }[];
}
