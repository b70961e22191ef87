/** What a network holds that has been in use for long, as SQL over what `startFilledNetwork` made by the API. */

export const PEOPLE = 10_000;
export const APPS = 1_000;
export const NODES = 10_000;
export const DECISIONS = 1_000_000;
const SEGMENTS = 10;
const GROUPS = 200;
const SESSIONS = 20_000;
const TOKENS = 200;
/** Nodes that may talk to each other. */
const PEERS = 10;
const MONTH_MS = 30 * 86_400_000;
const now = Date.now();
/** Milliseconds between two decisions. */
const STEP = Math.floor(MONTH_MS / DECISIONS);
/** A node's KEM key has so many characters. */
export const KEM_KEY = "A".repeat(1_622);

/** An id of SQL for the number `n`; `0` are what the API made. */
const id = (prefix: string, n = "n"): string => `printf('${prefix}_%026d', ${n})`;
const numbers = (count: number, from = 1): string =>
  `WITH RECURSIVE n(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM n WHERE n < ${from + count - 1})`;
const made = `${now - MONTH_MS}, ${now - MONTH_MS}`;

export const REGISTRY_SQL: readonly string[] = [
  `${numbers(SEGMENTS - 1)} INSERT INTO segments (id, name, description, version, created_at, updated_at)
   SELECT ${id("seg")}, 'segment-' || n, 'Part ' || n || ' of the network', 1, ${made} FROM n`,
  `${numbers(GROUPS - 1)} INSERT INTO groups (id, name, description, version, created_at, updated_at)
   SELECT ${id("grp")}, 'team-' || n, 'The people of team ' || n, 1, ${made} FROM n`,
  `${numbers(PEOPLE)} INSERT INTO users (id, email, name, version, created_at, updated_at)
   SELECT ${id("usr")}, 'person-' || n || '@example.com', 'Person ' || n, 1, ${made} FROM n`,
  `${numbers(PEOPLE)} INSERT OR IGNORE INTO group_members (group_id, member_kind, member_id, created_at)
   SELECT (SELECT id FROM groups WHERE name = 'team-' || ((n * k.value) % ${GROUPS})), 'user', ${id("usr")}, ${now - MONTH_MS}
   FROM n, json_each('[1, 7, 31]') k`,
  `${numbers(APPS - 1)} INSERT INTO apps (id, name, title, host, segment_id, tags, settings, version, created_at, updated_at)
   SELECT ${id("app")}, 'app-' || n, 'App ' || n, 'app-' || n || '.example.com',
     (SELECT id FROM segments WHERE name = 'segment-' || (n % ${SEGMENTS})), json_array('tag-' || (n % 20)),
     (SELECT settings FROM apps WHERE name = 'app-0'), 1, ${made} FROM n`,
  `${numbers(APPS - 1)} INSERT INTO upstreams (id, app_id, url, position, created_at, updated_at)
   SELECT ${id("ups")}, ${id("app")}, 'https://app-' || n || '.internal.example', 0, ${made} FROM n`,
  ...policies(),
  `${numbers(SESSIONS)} INSERT INTO sessions_index (id, kind, owner, user_id, app_id, ip, user_agent, created_at, expires_at, ended_at, end_reason)
   SELECT ${id("ses")}, 'app', 'seg/eu/0', ${id("usr", `1 + n % ${PEOPLE}`)}, ${id("app", `1 + n % ${APPS - 1}`)}, '203.0.113.' || (n % 250),
     'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', ${now} - n * 1000, ${now + MONTH_MS},
     iif(n % 2 = 0, ${now} - n * 500, NULL), iif(n % 2 = 0, 'logout', NULL) FROM n`,
  `${numbers(TOKENS)} INSERT INTO service_tokens (id, name, secret_hash, version, created_at, updated_at)
   SELECT ${id("svc")}, 'program-' || n, 'hash', 1, ${made} FROM n`,
  `${numbers(TOKENS)} INSERT INTO api_tokens (id, name, secret_hash, role, version, created_at, updated_at)
   SELECT ${id("tok")}, 'command-' || n, 'hash-' || n, 'auditor', 1, ${made} FROM n`,
  `${numbers(TOKENS)} INSERT INTO enrolment_keys (id, name, secret_hash, segment_id, expires_at, version, created_at, updated_at)
   SELECT ${id("nek")}, 'key-' || n, 'hash-' || n, ${id("seg", `1 + n % ${SEGMENTS - 1}`)}, ${now + MONTH_MS}, 1, ${made} FROM n`,
  `${numbers(NODES / PEERS)} INSERT INTO mesh_rules (id, name, from_selectors, to_selectors, traffic, version, created_at, updated_at)
   SELECT ${id("rul")}, 'rule-' || n, s.selector, s.selector, '[{"protocol":"tcp","ports":[[443,443]]}]', 1, ${made}
   FROM (SELECT n, json_array(json_object('kind', 'tag', 'tag', 'group-' || n)) AS selector FROM n) s`,
  `${numbers(NODES)} INSERT INTO nodes (id, name, status, segment_id, tags, user_id, address_index, hostname, enrolment_key_id, revision,
     version, created_at, updated_at, wireguard_key, signing_hash, kem_hash, record_hash, signing_key, kem_key)
   SELECT ${id("nod")}, 'node-' || n, 'approved', ${id("seg", "1")}, json_array('group-' || (n / ${PEERS})),
     iif(n % 3 = 0, ${id("usr", `1 + n % ${PEOPLE}`)}, NULL), 1000 + n, 'host-' || n, ${id("nek", `1 + n % ${TOKENS}`)},
     (SELECT revision + 1 FROM mesh_state), 1, ${made}, printf('%043d', n), printf('S%042d', n), printf('K%042d', n),
     record_hash((SELECT network_id FROM mesh_state), ${id("nod")}, printf('%043d', n), printf('S%042d', n)), '', '${KEM_KEY}' FROM n`,
  `UPDATE mesh_state SET revision = revision + 1, rules_revision = revision + 1, next_address = ${2_000 + NODES}`,
];

/** For each app the policy that the API compiled for the first one, with the other's names in it. */
function policies(): string[] {
  const renamed = (column: string) =>
    `replace(replace(p.${column}, 'app-0', 'app-' || n), 'team-0', 'team-' || (n % ${GROUPS}))`;
  return [
    `${numbers(APPS - 1)} INSERT INTO policies (id, name, current_version, version, created_at, updated_at)
     SELECT ${id("pol")}, 'app-' || n, 1, 1, ${made} FROM n`,
    `${numbers(APPS - 1)} INSERT INTO policy_versions (policy_id, number, source, compiled, tests, author, created_at)
     SELECT ${id("pol")}, 1, ${renamed("source")}, ${renamed("compiled")}, p.tests, p.author, ${now - MONTH_MS}
     FROM n, policy_versions p WHERE p.policy_id = (SELECT id FROM policies WHERE name = 'app-0')`,
  ];
}

const PATHS = 2_000;
/** One entry in so many says that a session began. */
const EVENT_EACH = 500;
/** Numbers of terms: what the hub wrote before stays below. */
const CODES = 1_000;
const APP_TERMS = CODES + 10;
const PERSON_TERMS = APP_TERMS + APPS;
const PATH_TERMS = PERSON_TERMS + PEOPLE + 1;
/** Leaves that the hub wrote itself come first. */
const FIRST = 100;
const app = `1 + b % ${APPS - 1}`;
const person = `1 + c % ${PEOPLE}`;

export const AUDIT_SQL: readonly string[] = [
  `INSERT INTO terms (id, text) VALUES (${CODES}, 'c:decision 1 policy'), (${CODES + 1}, 'c:decision 2 default_deny'),
     (${CODES + 2}, 'c:session 0 session.start')`,
  `${numbers(APPS)} INSERT INTO terms (id, text) SELECT ${APP_TERMS} + n, 'a:' || ${id("app")} || ' app-' || n FROM n`,
  `${numbers(PEOPLE)} INSERT INTO terms (id, text)
   SELECT ${PERSON_TERMS} + n, 'u:' || ${id("usr")} || ' person-' || n || '@example.com' FROM n`,
  `${numbers(PATHS)} INSERT INTO terms (id, text)
   SELECT ${PATH_TERMS} + n, 'p:/section-' || (n % 40) || '/page-' || n FROM n`,
  `CREATE TEMP TABLE drawn AS ${numbers(DECISIONS, FIRST)}
   SELECT n, ${now} - (${FIRST + DECISIONS} - n) * ${STEP} AS at, abs(random()) % 20 > 0 AS allowed,
     n % ${EVENT_EACH} = 0 AS isEvent,
     abs(random()) AS b, abs(random()) AS c, 1 + abs(random()) % ${PATHS} AS path FROM n`,
  `INSERT INTO facets (leaf, at, outcome, code, app, person, subject)
   SELECT n, at, iif(isEvent, 0, 2 - allowed), ${CODES + 1} + iif(isEvent, 1, -allowed), ${APP_TERMS} + ${app},
     ${PERSON_TERMS} + ${person}, ${PATH_TERMS} + path FROM drawn`,
  `INSERT INTO entries (leaf, id, at, kind, text)
   SELECT n, ${id("dec")}, at, 'decision', ${decisionText()} FROM drawn WHERE NOT isEvent`,
  `INSERT INTO entries (leaf, id, at, kind, text)
   SELECT n, ${id("aud")}, at, 'session', ${eventText()} FROM drawn WHERE isEvent`,
  // Nobody asks for proofs of these: the hashes need only be there.
  ...Array.from({ length: 20 }, (_, level) => {
    const count = (FIRST + DECISIONS) >> level;
    return `${numbers(count, 0)} INSERT OR IGNORE INTO nodes (level, idx, hash) SELECT ${level}, n, zeroblob(32) FROM n WHERE n < ${count}`;
  }),
  `INSERT OR REPLACE INTO minutes (at, requests, allows, denials, sessions_started, sessions_ended, first_leaf, last_leaf)
   SELECT at / 60000 * 60000, count(*), sum(allowed), sum(1 - allowed), 3, 2, min(n), max(n) FROM drawn GROUP BY 1`,
];

function eventText(): string {
  return `json_object('action', 'session.start', 'actor', 'user:' || ${id("usr", person)}, 'at', at,
    'detail', json_object('app', 'app-' || (${app})), 'id', ${id("aud")}, 'kind', 'session', 'target', ${id("ses", "1 + n % 20000")})`;
}

function decisionText(): string {
  return `json_object('appId', ${id("app", app)}, 'appName', 'app-' || (${app}), 'at', at,
    'decision', iif(allowed, 'allow', 'deny'), 'determining', json(iif(allowed, json_array('app-' || (${app}) || '#1'), '[]')),
    'epoch', 7, 'erroring', json('[]'), 'facts', json_object(
      'action', 'read',
      'authentication', json('{"provider":"main","acr":null,"amr":["pwd"],"ageSeconds":60}'),
      'device', NULL, 'network', json('{"ip":"203.0.113.7","country":"CH","asn":64500}'), 'now', at,
      'principal', json_object('type', 'User', 'id', ${id("usr", person)}, 'email', 'person-' || (${person}) || '@example.com',
        'emailVerified', json('true'), 'name', 'Person', 'groups', json('["team-1","team-7"]')),
      'request', json_object('host', 'app.example.com', 'method', 'GET', 'path', '/section-' || (path % 40) || '/page-' || path),
      'resource', json_object('app', 'app-' || (${app}), 'segment', 'segment-1', 'tags', json('["tag-1"]')), 'risk', 0),
    'id', ${id("dec")}, 'kind', 'decision', 'reason', iif(allowed, 'policy', 'default_deny'), 'sessionId', ${id("ses", "1 + n % 20000")})`;
}
