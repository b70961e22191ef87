/**
 * The history of the registry. Each change makes triggers write a row of `history` in the same transaction,
 * with the state of the thing before and after the change. So no code can forget the row, and no crash can
 * separate it from the change. When an administrator makes a change, the same transaction writes to
 * `change_context` who makes the change and why.
 */

/** A column of a table, and how the history stores its value. */
type Column =
  | string
  /** The column contains JSON (`json`), or a yes or no (`flag`). */
  | { readonly json: string }
  | { readonly flag: string }
  /**
   * Only the end of the value is stored. The end is enough to see that a value is another one, and reveals
   * nothing more.
   */
  | { readonly secret: string };

/** How the history records one table. */
export interface Recorded {
  readonly kind: string;
  readonly table: string;
  /** SQL: which rows are recorded. `ROW` stands for the row. All, unless said. */
  readonly only?: string;
  /** SQL for the id of the thing that the row is about. `ROW` stands for the row. */
  readonly target: string;
  /** SQL for what separates several rows about the same thing: a member, an address. */
  readonly other?: string;
  /** SQL for the name of the thing. */
  readonly name: string;
  /** The stored fields, by their names in the API. */
  readonly fields: Readonly<Record<string, Column>>;
  /**
   * Columns that are not stored, because no administrator chooses them or because they are known from
   * elsewhere.
   */
  readonly without: readonly string[];
}

const VERSIONED = ["version", "created_at", "updated_at"];

export const RECORDED: readonly Recorded[] = [
  {
    kind: "network",
    table: "networks",
    target: "'network'",
    name: "ROW.name",
    fields: {
      name: "name",
      signInIdleSeconds: "sign_in_idle_seconds",
      signInAbsoluteSeconds: "sign_in_absolute_seconds",
      maxSessionsPerUser: "max_sessions_per_user",
      contact: "contact",
      listsClosedApps: { flag: "lists_closed_apps" },
      reportsFlows: { flag: "reports_flows" },
    },
    without: ["id", ...VERSIONED],
  },
  {
    kind: "user",
    table: "users",
    target: "ROW.id",
    name: "ROW.email",
    fields: { email: "email", name: "name", status: "status", role: "role", expiresAt: "expires_at" },
    without: ["id", "home_region", ...VERSIONED],
  },
  {
    kind: "identityProvider",
    table: "identity_providers",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      kind: "kind",
      issuer: "issuer",
      clientId: "client_id",
      clientSecret: { secret: "client_secret_sealed" },
      scopes: "scopes",
      groupsClaim: "groups_claim",
      emailClaim: "email_claim",
      emailVerified: "email_verified",
      trustedAudiences: { json: "trusted_audiences" },
      allowedDomains: { json: "allowed_domains" },
      organizations: { json: "organizations" },
      metadata: "metadata",
      metadataUrl: "metadata_url",
      offlineAccess: "offline_access",
      recheckMinutes: "recheck_minutes",
      recheckGraceHours: "recheck_grace_hours",
      believesMethods: { flag: "believes_methods" },
      secondFactorAcr: { json: "second_factor_acr" },
      guestDays: "guest_days",
      enabled: { flag: "enabled" },
    },
    without: ["id", "groups_seen_at", "groups_missed_at", ...VERSIONED],
  },
  {
    kind: "identity",
    table: "identities",
    target: "ROW.user_id",
    other: "ROW.id",
    name: "ROW.subject",
    fields: { provider: "provider_id", subject: "subject", groups: { json: "groups" } },
    without: ["id", "user_id", "last_sign_in_at", "created_at", "updated_at"],
  },
  {
    kind: "passkey",
    table: "passkeys",
    target: "ROW.user_id",
    other: "ROW.id",
    name: "ROW.name",
    fields: { name: "name", isDeviceBound: { flag: "is_device_bound" } },
    without: [
      ...["id", "user_id", "credential_id", "public_key", "counter", "transports"],
      ...["last_used_at", "cloned_at", "created_at"],
    ],
  },
  {
    kind: "group",
    table: "groups",
    target: "ROW.id",
    name: "ROW.name",
    fields: { name: "name", description: "description", provider: "provider_id" },
    without: ["id", "external_id", ...VERSIONED],
  },
  {
    kind: "membership",
    table: "group_members",
    target: "ROW.group_id",
    other: "ROW.member_id",
    name: "coalesce((SELECT name FROM groups WHERE id = ROW.group_id), '')",
    fields: { memberKind: "member_kind", member: "member_id" },
    without: ["group_id", "created_at"],
  },
  {
    kind: "segment",
    table: "segments",
    target: "ROW.id",
    name: "ROW.name",
    fields: { name: "name", description: "description", deviceChecks: { json: "device_checks" } },
    without: ["id", ...VERSIONED],
  },
  {
    kind: "app",
    table: "apps",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      title: "title",
      host: "host",
      otherHosts: { json: "other_hosts" },
      segmentId: "segment_id",
      tags: { json: "tags" },
      through: { json: "through" },
      enabled: { flag: "enabled" },
      settings: { json: "settings" },
    },
    without: ["id", ...VERSIONED],
  },
  {
    kind: "upstream",
    table: "upstreams",
    target: "ROW.app_id",
    other: "ROW.url",
    name: "ROW.url",
    fields: { url: "url", position: "position" },
    without: ["id", "app_id", "created_at", "updated_at"],
  },
  {
    kind: "policy",
    table: "policies",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      enabled: { flag: "enabled" },
      shadow: { flag: "shadow" },
      currentVersion: "current_version",
    },
    without: ["id", ...VERSIONED],
  },
  {
    kind: "serviceToken",
    table: "service_tokens",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      secret: { secret: "secret_hash" },
      previousUntil: "previous_until",
      groups: { json: "groups" },
      federation: { json: "federation" },
      enabled: { flag: "enabled" },
      expiresAt: "expires_at",
      unusedDays: "unused_days",
    },
    without: ["id", "previous_hash", "last_used_at", ...VERSIONED],
  },
  {
    kind: "apiToken",
    table: "api_tokens",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      secret: { secret: "secret_hash" },
      role: "role",
      userId: "user_id",
      expiresAt: "expires_at",
    },
    without: ["id", "last_used_at", ...VERSIONED],
  },
  {
    // What programs say of themselves is no decision of an administrator, and could be said without end.
    kind: "oauthClient",
    table: "oauth_clients",
    only: "ROW.kind = 'registered'",
    target: "ROW.id",
    name: "ROW.name",
    fields: { name: "name", kind: "kind", redirectUris: { json: "redirect_uris" } },
    without: ["id", "last_used_at", ...VERSIONED],
  },
  {
    kind: "node",
    table: "nodes",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      status: "status",
      segmentId: "segment_id",
      tags: { json: "tags" },
      userId: "user_id",
      offeredRoutes: { json: "offered_routes" },
      exitNode: "exit_node",
      expiresAt: "expires_at",
      facts: { json: "facts" },
      contained: { flag: "contained" },
      wireguardKey: "wireguard_key",
      signingHash: "signing_hash",
    },
    without: [
      ...[
        "id",
        "address_index",
        "hostname",
        "ephemeral",
        "enrolment_key_id",
        "endpoints",
        "claims",
        "country",
      ],
      ...[
        "handshake_floor",
        "handshake_floor_made",
        "ended_revision",
        "ended_at",
        "revision",
        "kem_hash",
        "record_hash",
      ],
      ...["signing_key", "kem_key", ...VERSIONED],
    ],
  },
  {
    kind: "nodeRoute",
    table: "node_routes",
    target: "ROW.node_id",
    other: "ROW.prefix",
    name: "ROW.prefix",
    fields: { prefix: "prefix" },
    without: ["node_id", "created_at"],
  },
  {
    kind: "meshRule",
    table: "mesh_rules",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      from: { json: "from_selectors" },
      to: { json: "to_selectors" },
      traffic: { json: "traffic" },
      effect: "effect",
      notBefore: "not_before",
      notAfter: "not_after",
      weekly: { json: "weekly" },
      log: { flag: "log" },
      owner: "owner",
      enabled: { flag: "enabled" },
    },
    without: ["id", ...VERSIONED],
  },
  {
    kind: "microsegment",
    table: "microsegments",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      description: "description",
      type: "type",
      isolation: "isolation",
      where: "where_text",
      unless: "unless_text",
      include: { json: "include" },
      exclude: { json: "exclude" },
      remediation: { json: "remediation" },
      acceptsClaims: { flag: "accepts_claims" },
    },
    without: ["id", ...VERSIONED],
  },
  {
    kind: "enrolmentKey",
    table: "enrolment_keys",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      segmentId: "segment_id",
      tags: { json: "tags" },
      userId: "user_id",
      maxUses: "max_uses",
      ephemeral: { flag: "ephemeral" },
      preApproved: { flag: "pre_approved" },
      expiresAt: "expires_at",
      revokedAt: "revoked_at",
    },
    without: ["id", "secret_hash", "uses", "left_until", ...VERSIONED],
  },
  {
    kind: "notificationDestination",
    table: "notification_destinations",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      kind: "kind",
      target: "target",
      address: { secret: "address_sealed" },
      secret: { secret: "secret_sealed" },
      previousUntil: "previous_until",
      events: { json: "events" },
      enabled: { flag: "enabled" },
    },
    without: ["id", "previous_sealed", ...VERSIONED],
  },
  {
    kind: "logDestination",
    table: "log_destinations",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      format: "format",
      url: "url",
      secret: { secret: "secret_sealed" },
      authorizationSecret: { secret: "authorization_sealed" },
      kinds: { json: "kinds" },
      enabled: { flag: "enabled" },
    },
    without: ["id", ...VERSIONED],
  },
  {
    kind: "signalTransmitter",
    table: "signal_transmitters",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      kind: "kind",
      issuer: "issuer",
      jwksUri: "jwks_uri",
      audience: "audience",
      provider: "provider_id",
      token: { secret: "token_hash" },
      effects: { json: "effects" },
      ratesOwners: { flag: "rates_owners" },
      enabled: { flag: "enabled" },
    },
    without: ["id", "verified_at", "verified_state", "stream_status", ...VERSIONED],
  },
  {
    kind: "signalReceiver",
    table: "signal_receivers",
    target: "ROW.id",
    name: "ROW.name",
    fields: {
      name: "name",
      target: "target",
      address: { secret: "address_sealed" },
      authorization: { secret: "authorization_sealed" },
      audience: "audience",
      subjects: "subjects",
      events: { json: "events" },
      token: { secret: "token_hash" },
      enabled: { flag: "enabled" },
    },
    without: ["id", "status", ...VERSIONED],
  },
  {
    kind: "accessGrant",
    table: "access_grants",
    target: "ROW.id",
    name: "coalesce((SELECT email FROM users WHERE id = ROW.user_id), '') || ' → ' || coalesce((SELECT name FROM apps WHERE id = ROW.app_id), '')",
    fields: {
      userId: "user_id",
      appId: "app_id",
      actions: { json: "actions" },
      paths: { json: "paths" },
      seconds: "seconds",
      reason: "reason",
      needed: "needed",
      emergency: { flag: "emergency" },
      status: "status",
      since: "since",
      until: "until",
      endedBy: "ended_by",
      reviewedBy: "reviewed_by",
    },
    without: ["id", "digest", "asked_at", "lapses_at", "ended_at", "reviewed_at", "version"],
  },
  {
    kind: "grantAnswer",
    table: "grant_answers",
    target: "ROW.grant_id",
    other: "ROW.user_id",
    name: "coalesce((SELECT email FROM users WHERE id = ROW.user_id), '')",
    fields: { verdict: "verdict", note: "note" },
    without: ["grant_id", "user_id", "at"],
  },
];

const columnOf = (column: Column): string =>
  typeof column === "string" ? column : (Object.values(column)[0] ?? "");

/** The stored fields of a row as JSON. */
function documentOf({ fields }: Recorded, row: string): string {
  const members = Object.entries(fields).map(([name, column]) => `'${name}', ${sqlOf(column, row)}`);
  return `json_object(${members.join(", ")})`;
}

function sqlOf(column: Column, row: string): string {
  const value = `${row}.${columnOf(column)}`;
  if (typeof column === "string") return value;
  if ("json" in column) return `json(${value})`;
  if ("flag" in column) return `json(CASE ${value} WHEN 1 THEN 'true' ELSE 'false' END)`;
  return `substr(${value}, -8)`;
}

const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const COLUMNS = "at, kind, target, other, name, before, after, entry, actor, person, note, via";

/** The triggers of one table. */
export function triggersOf(recorded: Recorded): string[] {
  const { table, fields, only } = recorded;
  const when = (row: string, changed: string | null): string => {
    const all = [changed, only?.replaceAll("ROW.", `${row}.`)].filter((part) => typeof part === "string");
    if (all.length === 0) return "";
    return `WHEN ${all.length === 1 ? all[0] : all.map((part) => `(${part})`).join(" AND ")} `;
  };
  const changed = Object.values(fields)
    .map((column) => `OLD.${columnOf(column)} IS NOT NEW.${columnOf(column)}`)
    .join(" OR ");
  const body = (row: string, before: string, after: string) =>
    `BEGIN INSERT INTO history (${COLUMNS}) SELECT coalesce(c.at, ${NOW}), ${subjectOf(recorded, row)}, ${before}, ${after}, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END`;
  const [before, after] = [documentOf(recorded, "OLD"), documentOf(recorded, "NEW")];
  return [
    `CREATE TRIGGER history_${table}_insert AFTER INSERT ON ${table} ${when("NEW", null)}${body("NEW", "NULL", after)}`,
    `CREATE TRIGGER history_${table}_update AFTER UPDATE ON ${table} ${when("NEW", changed)}${body("NEW", before, after)}`,
    `CREATE TRIGGER history_${table}_delete AFTER DELETE ON ${table} ${when("OLD", null)}${body("OLD", before, "NULL")}`,
  ];
}

/** Records the rows that exist when recording begins. */
export const baselineOf = (recorded: Recorded): string =>
  `INSERT INTO history (${COLUMNS}) SELECT ${NOW}, ${subjectOf(recorded, "r")}, NULL, ${documentOf(recorded, "r")}, NULL, '${BASELINE}', NULL, NULL, NULL FROM ${recorded.table} r${onlyOf(recorded)}`;

/** The newest history rows of the things that exist, read from the table itself. */
export function currentOf(recorded: Recorded): string {
  const { kind, target, other = "''", table } = recorded;
  const [id, part] = [target, other].map((sql) => sql.replaceAll("ROW.", "r."));
  return `SELECT '${kind}' AS kind, ${id} AS target, ${part} AS other, ${documentOf(recorded, "r")} AS after FROM ${table} r${onlyOf(recorded)}`;
}

const onlyOf = ({ only }: Recorded): string => (only ? ` WHERE ${only.replaceAll("ROW.", "r.")}` : "");

/** The actor of the rows that record what existed when recording began. */
export const BASELINE = "baseline";

const subjectOf = ({ kind, target, other = "''", name }: Recorded, row: string): string =>
  `'${kind}', ${[target, other, name].map((sql) => sql.replaceAll("ROW.", `${row}.`)).join(", ")}`;
