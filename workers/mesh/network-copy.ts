import { Network } from "../../shared/node/mesh/network.ts";
import {
  MICROSEGMENTS_QUERY,
  type MicrosegmentRow,
  microsegmentOf,
} from "../../shared/registry/microsegment-rows.ts";
import { factValuesOf } from "../../shared/registry/node-facts.ts";
import {
  type LightRow,
  RULES_QUERY,
  type RuleRow,
  ruleOf,
  SEGMENTS_QUERY,
  type SegmentRow,
  SOME_NODES_QUERY,
  STATE_QUERY,
  type StateRow,
  tagsOf,
} from "../../shared/registry/node-rows.ts";
import { impliedRules } from "../../shared/segments/isolation.ts";
import type { Microsegment } from "../../shared/segments/microsegment.ts";
import type { Candidate } from "../../shared/segments/suggest/criterion.ts";
import { Permissions } from "../../shared/segments/suggest/permissions.ts";
import type { SegmentRule } from "../../shared/segments/types.ts";
import { allNodes } from "./all-nodes.ts";

/** A network with more nodes is not read as a whole: a Worker has 128 MB, and a limit of time. */
const MOST_NODES = 10_000;

/** The nodes, rules and microsegments as the registry knows them at one moment, for questions that no object is asked. */
export interface NetworkCopy {
  readonly network: Network;
  readonly rules: readonly SegmentRule[];
  readonly ruleRows: readonly RuleRow[];
  readonly microsegmentRows: readonly MicrosegmentRow[];
  readonly microsegments: readonly Microsegment[];
  /** The names of home segments by id. */
  readonly homeNames: ReadonlyMap<string, string>;
  /** The members of the network. */
  readonly candidates: readonly (Candidate & { readonly segment: string; readonly user: string | null })[];
  /** Whether these are all. */
  readonly isWhole: boolean;
  readonly permissions: Permissions;
}

/**
 * @param nodes Ids of nodes that are read in any case. If the network is too large, only they are.
 * @returns Null while the mesh was never used.
 */
export async function networkCopy(
  db: D1Database,
  nodes: readonly string[],
  now: number,
): Promise<NetworkCopy | null> {
  const [states, segments, ruleRows, microsegmentRows] = await db.batch([
    db.prepare(STATE_QUERY),
    db.prepare(SEGMENTS_QUERY),
    db.prepare(RULES_QUERY),
    db.prepare(MICROSEGMENTS_QUERY),
  ]);
  const state = states?.results[0] as StateRow | undefined;
  if (!state) return null;
  const { rows, isWhole } = await nodesOf(db, nodes);
  const homes = (segments?.results ?? []) as SegmentRow[];
  const network = new Network(state);
  const microsegments = (microsegmentRows?.results ?? []) as MicrosegmentRow[];
  const rules = (ruleRows?.results ?? []) as RuleRow[];
  network.learn({ state, segments: homes, changed: rows, gone: [], rules, microsegments }, now);
  const homeNames = new Map(homes.map(({ id, name }) => [id, name]));
  const stated = rules.map(ruleOf);
  const levels = microsegments.map(microsegmentOf);
  return {
    network,
    rules: stated,
    ruleRows: rules,
    microsegments: levels,
    microsegmentRows: microsegments,
    homeNames,
    candidates: rows
      .filter(({ status }) => status === "approved")
      .map((row) => ({
        id: row.id,
        name: row.name,
        tags: tagsOf(row),
        segment: row.segment_id,
        user: row.user,
        facts: factValuesOf(row, homeNames.get(row.segment_id) ?? "", now),
      })),
    isWhole,
    permissions: permissionsIn(network, stated, levels),
  };
}

/** What would be permitted with other rules and microsegments. The copy is spent: its network has them from now on. */
export function permissionsWith(
  { network }: NetworkCopy,
  rules: readonly RuleRow[],
  microsegments: readonly MicrosegmentRow[],
  now: number,
): Permissions {
  network.learn({ state: network.state, changed: [], gone: [], rules, microsegments }, now);
  return permissionsIn(network, rules.map(ruleOf), microsegments.map(microsegmentOf));
}

const permissionsIn = (
  network: Network,
  rules: readonly SegmentRule[],
  microsegments: readonly Microsegment[],
): Permissions =>
  new Permissions(network.index, [...rules, ...impliedRules(microsegments)], [...network.ids()]);

async function nodesOf(
  db: D1Database,
  wanted: readonly string[],
): Promise<{ rows: LightRow[]; isWhole: boolean }> {
  const count = (await db.prepare("SELECT count(*) AS n FROM nodes").first<number>("n")) ?? 0;
  if (count > MOST_NODES) {
    const { results } = await db.prepare(SOME_NODES_QUERY).bind(JSON.stringify(wanted)).all<LightRow>();
    return { rows: results, isWhole: false };
  }
  return { rows: await allNodes(db), isWhole: true };
}

/** The ids of the full members of each microsegment that the copy has. */
export function membersOf({ network, candidates }: NetworkCopy): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const { id } of candidates)
    for (const microsegment of network.index.node(id)?.microsegments ?? []) {
      const known = members.get(microsegment);
      if (known) known.push(id);
      else members.set(microsegment, [id]);
    }
  return members;
}
