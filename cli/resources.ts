import type { Answer } from "../shared/api/endpoints.ts";
import { narrowingInWords, percent } from "../shared/api/suggestion-words.ts";
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
  /** What an empty list means, and what to do next. */
  readonly empty?: string;
  /** Operations that have a command of their own, written by hand. */
  readonly byHand?: readonly string[];
}

export const RESOURCES: readonly Resource[] = [
  {
    command: "apps",
    prefix: "apps",
    about: "Web apps behind the gateway",
    empty: "No apps yet. `rustronaut apps create` adds the first; docs/first-app.md shows how.",
    key: "name",
    columns: ["name", "title", "host", "segment", "enabled", "upstreams", "through", "id"],
  },
  {
    command: "users",
    prefix: "users",
    about: "People",
    empty: "No people yet. They appear when they sign in, or by `rustronaut users create`.",
    key: "email",
    columns: ["email", "name", "status", "role", "groups", "id"],
  },
  {
    command: "groups",
    prefix: "groups",
    about: "Groups of people, for policies",
    empty: "No groups yet. `rustronaut groups create` makes one, and `groups add-member` fills it.",
    key: "name",
    columns: ["name", "description", "id"],
    otherColumns: { members: ["kind", "name", "createdAt", "id"] },
  },
  {
    command: "segments",
    prefix: "segments",
    about: "Parts of the network that apps belong to",
    empty: "No segments yet. An app needs one: `rustronaut segments create`.",
    key: "name",
    columns: ["name", "description", "id"],
  },
  {
    command: "policies",
    prefix: "policies",
    about: "Cedar policies and their versions",
    empty: "No policies yet, so nobody reaches any app. `rustronaut policy new --help` lists templates.",
    key: "name",
    columns: ["name", "enabled", "currentVersion", "updatedAt", "id"],
    otherColumns: { versions: ["number", "author", "note", "createdAt"] },
    byHand: ["validate", "test", "review", "replay", "coverage"],
  },
  {
    command: "sessions",
    prefix: "sessions",
    about: "Who is signed in, and where",
    empty: "Nobody is signed in.",
    key: "id",
    columns: ["id", "email", "kind", "appName", "createdAt", "ip", "expiresAt", "endReason"],
    byHand: ["kill", "killMany"],
  },
  {
    command: "passkeys",
    prefix: "passkeys",
    about: "Passkeys of people",
    empty: "No passkeys. People add their own at the auth host; docs/sign-in/passkeys.md says when.",
    key: "email",
    columns: ["email", "passkeys", "userId"],
  },
  {
    command: "risk",
    prefix: "risk",
    about: "What speaks for risk about people",
    empty: "Nothing speaks for risk about anybody.",
    key: "email",
    columns: ["email", "score", "userId"],
    byHand: ["set"],
  },
  {
    command: "transmitters",
    prefix: "transmitters",
    about: "Who may send signals (CAEP, RISC) about people",
    empty: "No transmitters, so no signal is taken. `rustronaut transmitters create` adds one.",
    key: "name",
    columns: ["name", "issuer", "provider", "enabled", "lastEventAt", "streamStatus", "id"],
  },
  {
    command: "receivers",
    prefix: "receivers",
    about: "Whom this network sends signals (CAEP, RISC)",
    empty: "No receivers, so nobody is sent signals. `rustronaut receivers create` adds one.",
    key: "name",
    columns: ["name", "target", "events", "status", "waiting", "givenUp", "lastTakenAt", "lastFailure", "id"],
  },
  {
    command: "signals",
    prefix: "signals",
    about: "Signals that came, and what each caused",
    empty: "No signal has come.",
    key: "id",
    columns: ["receivedAt", "transmitter", "event", "subject", "outcome", "ended"],
  },
  {
    command: "grants",
    prefix: "grants",
    about: "Requests for access, and the grants that become of them",
    empty: "No requests. Who may make one is among an app's settings: docs/guides/on-call.md shows how.",
    key: "id",
    columns: ["id", "email", "appName", "status", "emergency", "reason", "askedAt", "until"],
    rowOf: grantRow,
    byHand: ["request", "approve", "deny"],
  },
  {
    command: "tokens",
    prefix: "apiTokens",
    about: "API tokens, for this command line and other programs",
    empty: "No API tokens. `rustronaut tokens create` makes one for a program.",
    key: "name",
    columns: ["name", "role", "email", "lastUsedAt", "expiresAt", "id"],
  },
  {
    command: "clients",
    prefix: "clients",
    about: "Programs that ask people for access to apps (OAuth, MCP)",
    empty:
      "No programs. `rustronaut clients create` registers one; docs/guides/mcp.md shows when it is needed.",
    key: "name",
    columns: ["name", "kind", "redirectUris", "lastUsedAt", "createdAt", "id"],
  },
  {
    command: "service-tokens",
    prefix: "serviceTokens",
    about: "Credentials of programs that call apps",
    empty: "No service tokens. `rustronaut service-tokens create` makes one for a program that calls apps.",
    key: "name",
    columns: ["name", "groups", "enabled", "lastUsedAt", "expiresAt", "id"],
  },
  {
    command: "providers",
    prefix: "identityProviders",
    about: "Providers that people sign in with: OpenID, GitHub, SAML, e-mail",
    empty: "No identity providers yet, so nobody can sign in. `rustronaut providers create` adds one.",
    key: "name",
    columns: ["name", "kind", "enabled", "issuer", "clientId", "id"],
    byHand: ["test"],
  },
  {
    command: "scim-tokens",
    prefix: "scimTokens",
    about: "Providers that send their people and groups by SCIM",
    empty: "No provider sends people by SCIM. `rustronaut scim-tokens issue PROVIDER` lets one.",
    key: "provider",
    columns: [
      "provider",
      "namespace",
      "active",
      "users",
      "activeUsers",
      "groups",
      "lastCallAt",
      "lastRefusal",
    ],
  },
  {
    command: "network",
    prefix: "network",
    about: "Settings of the whole network",
    key: "name",
    columns: [],
    byHand: ["export", "plan", "apply"],
  },
  {
    command: "connectors",
    prefix: "connectors",
    about: "Agents of private apps, and how they are",
    empty: "No private apps. docs/private-apps.md shows how one is made.",
    key: "app",
    columns: [
      "app",
      "node",
      "state",
      "drained",
      "streams",
      "weight",
      "connectedAt",
      "lastFailure",
      "unexplained",
    ],
    rowOf: (item) => ({ ...item, lastFailure: failureText(item.lastFailure) }),
  },
  {
    command: "keys",
    prefix: "enrolmentKeys",
    about: "Enrolment keys, which let nodes in",
    empty: "No enrolment keys. `rustronaut nodes add` makes one for one machine, `keys create` for many.",
    key: "name",
    columns: ["name", "segment", "tags", "uses", "maxUses", "preApproved", "expiresAt", "revokedAt", "id"],
    byHand: ["create", "delete"],
  },
  {
    command: "nodes",
    prefix: "nodes",
    about: "Machines of the mesh",
    empty: "No nodes. `rustronaut nodes add` prints the line that joins a machine.",
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
    command: "microsegments",
    prefix: "microsegments",
    about: "Sets of nodes by what is known of them, that rules name as segment:NAME",
    empty: "No microsegments. `rustronaut microsegments create` makes one; docs/segments.md shows how.",
    key: "name",
    columns: ["name", "type", "isolation", "where", "include", "id"],
    otherColumns: { members: ["name", "user", "home", "status", "belonging", "detail"] },
    byHand: ["effectiveness"],
  },
  {
    command: "suggestions",
    prefix: "suggestions",
    about: "Microsegments and rules that recorded flows suggest",
    empty: "No suggestions. `rustronaut segments suggest` makes some; docs/suggestions.md says from what.",
    key: "name",
    columns: ["name", "state", "sure", "members", "rules", "breaks", "id"],
    rowOf: suggestionRow,
    byHand: ["make", "get"],
  },
  {
    command: "rules",
    prefix: "meshRules",
    about: "Which traffic may pass between nodes",
    empty: "No rules, so nothing passes between nodes. `rustronaut rules create` allows some traffic.",
    key: "name",
    columns: ["name", "effect", "from", "to", "traffic", "notAfter", "weekly", "enabled", "id"],
    byHand: ["create", "update"],
  },
  {
    command: "services",
    prefix: "meshServices",
    about: "Traffic with a name, that rules name as service:NAME",
    empty: "No services. `rustronaut services create` names some traffic for rules.",
    key: "name",
    columns: ["name", "traffic", "description", "id"],
  },
  {
    command: "mesh-tests",
    prefix: "meshTests",
    about: "What rules must let pass between nodes, and what they may not",
    empty: "No tests. `rustronaut mesh-tests create` adds one; docs/segments.md shows how.",
    key: "name",
    columns: ["name", "from", "accept", "deny", "failing", "id"],
    byHand: ["run"],
  },
  {
    command: "log-destinations",
    prefix: "logDestinations",
    about: "Where the audit log is sent",
    empty: "The log is sent nowhere. `rustronaut log-destinations create` sends it somewhere.",
    key: "name",
    columns: ["name", "format", "url", "state", "sentUntil", "lastSuccessAt", "lastFailure", "id"],
  },
  {
    command: "notifications",
    prefix: "notifications",
    about: "Where e-mails, webhooks and chat messages about the network are sent",
    empty: "No destinations, so nobody is told. `rustronaut notifications create` adds one.",
    key: "name",
    columns: ["name", "kind", "target", "events", "enabled", "lastSuccessAt", "lastFailure", "id"],
  },
  {
    command: "dead-letters",
    prefix: "deadLetters",
    about: "Notifications that were given up after a day",
    empty: "No notification was given up.",
    key: "id",
    columns: ["givenUpAt", "destination", "text", "why", "id"],
  },
  {
    command: "decisions",
    prefix: "decisions",
    about: "Access decisions and why they fell",
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
    path: live && live.peers > 0 ? pathsInWords(live) : null,
  };
}

/** How many of a node's peers it hears, and how. */
function pathsInWords(live: NonNullable<Answer<"nodes.get">["live"]>): string {
  const { peers, directPeers, relayedPeers, edge } = live;
  const byRelay = relayedPeers > 0 ? `, ${relayedPeers} by a relay` : "";
  const byEdge = edge.peers > 0 ? `, ${edge.peers} by the edge relay` : "";
  return `${directPeers}/${peers} direct${byRelay}${byEdge}`;
}

/** A suggestion in short. */
function suggestionRow(item: Item): Item {
  const { confidence, members, rules, breaks, narrowing } = item as unknown as Answer<"suggestions.get">;
  return {
    ...item,
    sure: percent(confidence),
    members: narrowing ? null : members.length,
    rules: narrowing
      ? narrowingInWords(narrowing)
      : rules.map(({ from, traffic }) => `from ${from}: ${traffic.map(({ service }) => service).join(" ")}`),
    breaks: breaks.flows,
  };
}

/** When an agent failed last, and why. */
function failureText(failure: unknown): string | null {
  if (typeof failure !== "object" || failure === null) return null;
  const { at, detail } = failure as { readonly at: number; readonly detail: string };
  return `${new Date(at).toISOString().slice(0, 19)}Z ${detail}`;
}

/** A grant with the names of its person and app. */
function grantRow(item: Item): Item {
  const { user, app } = item as unknown as Answer<"grants.request">;
  return { ...item, email: user.email, appName: app.name };
}
