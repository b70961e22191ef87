import type { Answer } from "../shared/api/endpoints.ts";
import type { Item } from "./listing.ts";

/** The kinds of things in the registry, as the command line names and shows them. */
export interface Resource {
  /** `rustronaut <command> …` */
  readonly command: string;
  /** What the ids of its endpoints begin with, in the catalogue. */
  readonly prefix: string;
  readonly about: string;
  /** The field that a person names the thing by. */
  readonly key: string;
  /** Columns of its list. */
  readonly columns: readonly string[];
  /** What a row of its list shows, where that is not the thing's own fields. */
  readonly rowOf?: (item: Item) => Item;
  /** Columns of its other lists, by the operation's name. */
  readonly otherColumns?: Readonly<Record<string, readonly string[]>>;
  /** Operations that have a command of their own, written by hand. */
  readonly byHand?: readonly string[];
}

export const RESOURCES: readonly Resource[] = [
  {
    command: "apps",
    prefix: "apps",
    about: "web apps behind the gateway",
    key: "name",
    columns: ["name", "title", "host", "segment", "enabled", "upstreams", "through", "id"],
  },
  {
    command: "users",
    prefix: "users",
    about: "people",
    key: "email",
    columns: ["email", "name", "status", "role", "groups", "id"],
  },
  {
    command: "groups",
    prefix: "groups",
    about: "groups of people, for policies",
    key: "name",
    columns: ["name", "description", "id"],
    otherColumns: { members: ["kind", "name", "createdAt", "id"] },
  },
  {
    command: "segments",
    prefix: "segments",
    about: "parts of the network that apps belong to",
    key: "name",
    columns: ["name", "description", "id"],
  },
  {
    command: "policies",
    prefix: "policies",
    about: "Cedar policies and their versions",
    key: "name",
    columns: ["name", "enabled", "currentVersion", "updatedAt", "id"],
    otherColumns: { versions: ["number", "author", "note", "createdAt"] },
    byHand: ["validate", "test", "review", "replay", "coverage"],
  },
  {
    command: "sessions",
    prefix: "sessions",
    about: "who is signed in, and where",
    key: "id",
    columns: ["id", "email", "kind", "appName", "ip", "createdAt", "expiresAt", "endReason"],
    byHand: ["kill", "killMany"],
  },
  {
    command: "risk",
    prefix: "risk",
    about: "what speaks for risk about people",
    key: "email",
    columns: ["email", "score", "userId"],
    byHand: ["set"],
  },
  {
    command: "tokens",
    prefix: "apiTokens",
    about: "API tokens, for this command line and other programs",
    key: "name",
    columns: ["name", "role", "email", "lastUsedAt", "expiresAt", "id"],
  },
  {
    command: "service-tokens",
    prefix: "serviceTokens",
    about: "credentials of programs that call apps",
    key: "name",
    columns: ["name", "groups", "enabled", "expiresAt", "id"],
  },
  {
    command: "providers",
    prefix: "identityProviders",
    about: "providers that people sign in with: OpenID, GitHub, SAML, e-mail",
    key: "name",
    columns: ["name", "kind", "issuer", "clientId", "enabled", "id"],
    byHand: ["test"],
  },
  {
    command: "network",
    prefix: "network",
    about: "settings of the whole network",
    key: "name",
    columns: [],
    byHand: ["export", "plan", "apply"],
  },
  {
    command: "keys",
    prefix: "enrolmentKeys",
    about: "enrolment keys, which let nodes in",
    key: "name",
    columns: ["name", "segment", "tags", "uses", "maxUses", "preApproved", "expiresAt", "revokedAt", "id"],
    byHand: ["create", "delete"],
  },
  {
    command: "nodes",
    prefix: "nodes",
    about: "machines of the mesh",
    key: "name",
    columns: [
      ...[
        "name",
        "segment",
        "tags",
        "status",
        "online",
        "lastSeenAt",
        "version",
        "path",
        "ipv4",
        "user",
        "id",
      ],
    ],
    rowOf: nodeRow,
    byHand: ["revoke", "revocation"],
  },
  {
    command: "rules",
    prefix: "meshRules",
    about: "which traffic may pass between nodes",
    key: "name",
    columns: ["name", "from", "to", "traffic", "enabled", "id"],
    byHand: ["create", "update"],
  },
  {
    command: "notifications",
    prefix: "notifications",
    about: "where e-mails, webhooks and chat messages about the network are sent",
    key: "name",
    columns: ["name", "kind", "target", "events", "enabled", "lastSuccessAt", "lastFailure", "id"],
  },
  {
    command: "decisions",
    prefix: "decisions",
    about: "access decisions and why they fell",
    key: "id",
    columns: [],
    byHand: ["stream", "list", "export"],
  },
];

/** A node with what is known of it now. */
function nodeRow(item: Item): Item {
  const { live, status } = item as unknown as Answer<"nodes.get">;
  const seen = live?.online ? "online" : "offline";
  return {
    ...item,
    online: status === "revoked" ? "put out" : live === null ? "unknown" : seen,
    lastSeenAt: live?.lastSeenAt,
    version: live?.facts?.agentVersion,
    path: live && live.peers > 0 ? `${live.directPeers}/${live.peers} direct` : null,
  };
}
