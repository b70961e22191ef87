import type { StatedFact } from "../../../shared/access/device/device.ts";
import { SIGNAL_SOURCE } from "../../../shared/access/signals/risk.ts";
import { nodeLabel } from "../../../shared/node/config/node-name.ts";
import { IPV4_SQL } from "../../../shared/registry/addresses.ts";
import { type MeshStatement, REVISION } from "../../../shared/registry/mesh-change.ts";
import { STANDING } from "../../../shared/registry/node-rows.ts";
import {
  type NodeColumns,
  removeNode,
  storeRoutes,
  updateNode,
} from "../../../shared/registry/node-statements.ts";
import type { NodeStatus } from "../../../shared/registry/node-status.ts";
import { statedFactFault } from "../../../shared/segments/criteria/stated.ts";
import { setStatus } from "../../mesh/changes.ts";
import { liveOf } from "../../mesh/live.ts";
import {
  type NodeRow,
  nodeRow,
  SELECT_NODE,
  signalsHolding,
  statusDetail,
  viewNode,
} from "../../mesh/node-rows.ts";
import { receiptOf } from "../../mesh/receipts.ts";
import { checkRoutes, routesOfOthers } from "../../mesh/routes.ts";
import { meshState } from "../../mesh/state.ts";
import type { Bindings } from "../../platform/env.ts";
import { meshObject } from "../../platform/objects.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { guard, unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Handlers, Reply, Write } from "../call.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { type Condition, personHeld, selected, wordsHeld } from "../search.ts";
import { findSegment } from "./segments.ts";
import { findUser } from "./users.ts";

/** The columns that a search for nodes looks in. */
const SEARCHED = ["n.id", "n.name", "n.hostname", "s.name", "n.tags", "u.email", IPV4_SQL];

const DAY_MS = 86_400_000;
/** For how many days a fact may be stated at most. Who states it must look again before that. */
const MOST_DAYS = 90;
/** How many facts may be stated about one node, by all sources together. */
const MOST_STATED = 100;

/** A node by id or name. */
export async function findNode(db: D1Database, reference: string): Promise<NodeRow> {
  return (await nodeRow(db, reference)) ?? missing(db, "node", reference);
}

async function view(bindings: Bindings, row: NodeRow) {
  const [{ ipv6Prefix }, live] = await Promise.all([meshState(bindings.db), liveOf(bindings, [row])]);
  return viewNode(row, ipv6Prefix, live.get(row.id) ?? null);
}

const effects = (
  action: string,
  row: Pick<NodeRow, "id" | "name">,
  detail: Effects["event"]["detail"] = {},
): Effects => ({
  event: { action: `node.${action}`, target: row.id, detail: { name: row.name, ...detail } },
  policies: false,
  userIds: [],
  ends: [],
});

/**
 * The statement that stores the changeable values of a node, except its routes.
 *
 * @param userId The owner's id, or null for no owner. Without the parameter, the owner stays.
 */
export async function storeNode(
  bindings: Bindings,
  before: NodeRow,
  after: NodeRow,
  userId: string | null | undefined,
  now: number,
): Promise<MeshStatement> {
  const columns: NodeColumns = {
    name: after.name,
    tags: after.tags,
    segment_id: after.segment_id,
    relay: after.relay,
    expires_at: after.expires_at,
    facts: after.facts,
    ...(userId === undefined ? {} : { user_id: userId }),
  };
  if (after.segment_id === before.segment_id) return updateNode(before.id, columns, now, "version");
  // The next object must know which handshakes were used. Otherwise a clone could start again from old ones.
  const { counter, madeAt } = await meshObject(bindings, before.segment_id).handshakeOf(before.id);
  const floor = { handshake_floor: counter, handshake_floor_made: madeAt };
  return updateNode(before.id, { ...columns, ...floor }, now, "version");
}

export const tagsText = (tags: readonly string[]): string => JSON.stringify([...new Set(tags)].sort());

/** What is stated of a node, in the form that is stored. Refuses a fact that administrators can't state. */
export function factsText(facts: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));
  const issues = sorted.flatMap(([name, value]) => {
    const message = statedFactFault(name, value);
    return message === null ? [] : [{ path: `/facts/${name}`, message }];
  });
  const [first] = issues;
  if (first) throwRefusal("invalid_input", `${first.path}: ${first.message}`, { issues });
  return JSON.stringify(Object.fromEntries(sorted));
}

type StatusCall = Call<"nodes.approve" | "nodes.revoke" | "nodes.release" | "nodes.quarantine">;
type NodeView = Awaited<ReturnType<typeof view>>;

/** A second call changes nothing. */
async function changeStatus(
  { bindings, params, now }: StatusCall,
  action: string,
  from: readonly NodeStatus[],
  to: NodeStatus,
  isContained = false,
): Promise<Reply<NodeView> | Write<NodeView>> {
  const row = await findNode(bindings.db, params.node);
  if (row.status === to) return { body: await view(bindings, row), version: row.version };
  if (!from.includes(row.own_status)) {
    const { status, own_status } = row;
    const why =
      status === own_status
        ? `; only one that is ${from.join(" or ")} can be changed so`
        : `, and this is not what changes that. ${statusDetail(row)}`;
    throwRefusal("conflict", `The node is ${status}${why}.`);
  }
  const after = {
    ...{ ...row, status: to, own_status: to, contained: isContained ? (1 as const) : (0 as const) },
    ...{ held_by: "[]", version: row.version + 1, updated_at: now },
  };
  return {
    statements: [
      forgetReasons(bindings.db, row.id),
      ...setStatus(bindings.db, row.id, [row.own_status], to, now, isContained),
    ],
    effects: effects(action, row, { from: row.own_status }),
    body: await view(bindings, after),
    version: after.version,
  };
}

/** A person decided. What signals had said before does not decide any more. */
const forgetReasons = (db: D1Database, node: string): D1PreparedStatement =>
  db.prepare("UPDATE signal_quarantines SET holds = 0 WHERE node_id = ?").bind(node);

/**
 * Isolates a node. One that signals isolated stays so, without a moment outside, and from now on no signal lets it out. A
 * second call changes nothing.
 */
async function quarantine(call: StatusCall): Promise<Reply<NodeView> | Write<NodeView>> {
  const { bindings, params } = call;
  const row = await findNode(bindings.db, params.node);
  const signals = signalsHolding(row);
  if (row.own_status !== "quarantined" || signals.length === 0)
    return changeStatus(call, "quarantine", ["approved"], "quarantined", true);
  return {
    statements: [
      guard(
        bindings.db,
        "node_status",
        "EXISTS (SELECT 1 FROM nodes WHERE id = ? AND status = 'quarantined' AND contained = 1)",
        row.id,
      ),
      forgetReasons(bindings.db, row.id),
    ],
    effects: effects("quarantine", row, { from: row.own_status, signals }),
    body: await view(bindings, { ...row, held_by: "[]" }),
    version: row.version,
  };
}

export const NODE_HANDLERS: Handlers<
  | "nodes.list"
  | "nodes.get"
  | "nodes.update"
  | "nodes.delete"
  | "nodes.approve"
  | "nodes.revoke"
  | "nodes.quarantine"
  | "nodes.release"
  | "nodes.state"
  | "nodes.revocation"
> = {
  "nodes.list": async ({ bindings, query }) => {
    const { status, segment, tag, user, search } = query;
    const conditions: Condition[] = wordsHeld(search, ...SEARCHED);
    if (segment !== undefined)
      conditions.push(["n.segment_id = ?", (await findSegment(bindings.db, segment)).id]);
    if (status !== undefined) conditions.push([`${STANDING} = ?`, status]);
    if (tag !== undefined) conditions.push(["? IN (SELECT value FROM json_each(n.tags))", tag]);
    if (user !== undefined) conditions.push(personHeld(user));
    const page = await pageOf(
      query,
      async (after, limit) => {
        const all: Condition[] = [["n.id > ?", after ?? ""], ...conditions];
        const page: Condition = ["ORDER BY n.id LIMIT ?", limit];
        return (await selected(bindings.db, SELECT_NODE, all, page).all<NodeRow>()).results;
      },
      (row) => row.id,
    );
    const [{ ipv6Prefix }, live] = await Promise.all([meshState(bindings.db), liveOf(bindings, page.items)]);
    const items = page.items.map((row) => viewNode(row, ipv6Prefix, live.get(row.id) ?? null));
    return { body: { ...page, items } };
  },

  "nodes.get": async ({ bindings, params }) => {
    const row = await findNode(bindings.db, params.node);
    return { body: await view(bindings, row), version: row.version };
  },

  "nodes.update": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const { db } = bindings;
    const before = await findNode(db, params.node);
    if (body.name !== undefined && nodeLabel(body.name) !== body.name) {
      throwRefusal("invalid_input", "This name is reserved or no plain label.", {
        issues: [{ path: "/name", message: "is reserved or no plain label" }],
      });
    }
    if (typeof body.expiresAt === "number" && body.expiresAt <= now) {
      throwRefusal("invalid_input", "expiresAt must be in the future; revoke the node to put it out now.");
    }
    const segment = body.segment === undefined ? null : await findSegment(db, body.segment);
    const user = body.user ? await findUser(db, body.user) : null;
    const moves = segment !== null && segment.id !== before.segment_id;
    const state = await meshState(db);
    const routes =
      body.approvedRoutes &&
      checkRoutes(state.overlay, body.approvedRoutes, await routesOfOthers(db, before.id));
    const after: NodeRow = {
      ...before,
      name: body.name ?? before.name,
      tags: body.tags ? tagsText(body.tags) : before.tags,
      segment_id: segment?.id ?? before.segment_id,
      segment: segment?.name ?? before.segment,
      user: body.user === undefined ? before.user : (user?.email ?? null),
      approved_routes: routes ? JSON.stringify(routes) : before.approved_routes,
      relay: body.relay ?? before.relay,
      expires_at: body.expiresAt === undefined ? before.expires_at : body.expiresAt,
      facts: body.facts ? factsText(body.facts) : before.facts,
      version: ifMatch + 1,
      updated_at: now,
    };
    const userId = body.user === undefined ? undefined : (user?.id ?? null);
    const tested = body.tags || body.facts || routes || moves || userId !== undefined;
    return {
      statements: [
        unchanged(db, "nodes", before, ifMatch),
        ...(tested ? await breaksNoTest(call, { nodes: new Map([[after.id, { ...after, userId }]]) }) : []),
        ...(routes ? [guard(db, "mesh_moved", `${REVISION} = ?`, state.revision)] : []),
        await storeNode(bindings, before, after, userId, now),
        ...(routes ? storeRoutes(before.id, routes, now) : []),
      ],
      effects: effects("update", after, {
        fields: Object.keys(body),
        ...(body.tags ? { tags: body.tags } : {}),
        ...(moves ? { segment: after.segment } : {}),
        ...(routes ? { routes } : {}),
        ...(body.relay ? { relay: body.relay } : {}),
      }),
      body: await view(bindings, after),
      version: after.version,
    };
  },

  "nodes.delete": async ({ bindings, params, ifMatch, now }) => {
    const row = await findNode(bindings.db, params.node);
    return {
      statements: [unchanged(bindings.db, "nodes", row, ifMatch), ...removeNode(row.id, now)],
      effects: effects("delete", row),
      body: null,
    };
  },

  "nodes.approve": (call) => changeStatus(call, "approve", ["pending", "expired"], "approved"),
  "nodes.revoke": (call) =>
    changeStatus(call, "revoke", ["pending", "approved", "quarantined", "expired"], "revoked"),
  "nodes.quarantine": quarantine,
  "nodes.release": (call) => changeStatus(call, "release", ["quarantined"], "approved"),

  "nodes.state": async ({ bindings, params, body, now }) => {
    const { db } = bindings;
    const row = await findNode(db, params.node);
    const { by: source, expiresAt = now + DAY_MS } = body;
    const facts = [...new Set(body.facts)].sort();
    if (expiresAt <= now || expiresAt > now + MOST_DAYS * DAY_MS) {
      throwRefusal("invalid_input", `expiresAt must be in the future, and at most ${MOST_DAYS} days ahead.`);
    }
    if (source.startsWith(SIGNAL_SOURCE) && facts.length > 0) {
      throwRefusal("invalid_input", "What signals state can only be taken back here, by no facts at all.");
    }
    const former = JSON.parse(row.stated) as StatedFact[];
    const before = former.flatMap((one) => (one.source === source && one.expiresAt > now ? [one.fact] : []));
    const stated = [
      ...former.filter((one) => one.source !== source),
      ...facts.map((fact) => ({ source, fact, at: now, expiresAt })),
    ];
    if (stated.length > MOST_STATED) {
      throwRefusal(
        "conflict",
        `${MOST_STATED} facts are stated about this node. Let a source take back some, with fewer \`facts\`.`,
      );
    }
    return {
      statements: [
        db.prepare("DELETE FROM device_facts WHERE node_id = ? AND source = ?").bind(row.id, source),
        ...facts.map((fact) =>
          db
            .prepare(
              "INSERT INTO device_facts (node_id, source, fact, at, expires_at) VALUES (?, ?, ?, ?, ?)",
            )
            .bind(row.id, source, fact, now, expiresAt),
        ),
      ],
      effects: {
        ...effects("state", row, { source, facts, before, expiresAt }),
        devices: [{ segmentId: row.segment_id, nodeId: row.id }],
      },
      body: await view(bindings, { ...row, stated: JSON.stringify(stated) }),
      version: row.version,
    };
  },

  "nodes.revocation": async ({ bindings, params }) => ({
    body: (await receiptOf(bindings, params.node)) ?? notFound("revocation"),
  }),
};
