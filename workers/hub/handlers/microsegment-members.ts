import { microsegmentOf } from "../../../shared/registry/microsegment-rows.ts";
import { type Explanation, explainMember } from "../../../shared/segments/explain-member.ts";
import type { Microsegment } from "../../../shared/segments/microsegment.ts";
import { type KnownNode, knownNode, knownNodes } from "../../mesh/known-nodes.ts";
import type { Handlers } from "../call.ts";
import { limitOf, readCursor, writeCursor } from "../paging.ts";
import { notFound } from "../refused.ts";
import { findMicrosegment } from "./microsegments.ts";
import { findNode } from "./nodes.ts";

/** How many nodes are read at once, and for one answer. A page may hold fewer members than were asked for. */
const AT_ONCE = 1_000;
const MOST_READ = 20_000;

export const MICROSEGMENT_MEMBER_HANDLERS: Handlers<"microsegments.members" | "microsegments.why"> = {
  "microsegments.members": async ({ bindings, params, query, now }) => {
    const microsegment = microsegmentOf(await findMicrosegment(bindings.db, params.microsegment));
    const wanted = query.belonging === undefined ? ["full", "narrow"] : [query.belonging];
    const limit = limitOf(query);
    const items: ReturnType<typeof viewMember>[] = [];
    let after = readCursor(query.cursor) ?? "";
    for (let read = 0; read < MOST_READ; read += AT_ONCE) {
      const nodes = await knownNodes(bindings.db, after, AT_ONCE, now);
      for (const node of nodes) {
        after = node.id;
        const member = viewMember(microsegment, node);
        if (wanted.includes(member.belonging)) items.push(member);
        if (items.length === limit) return { body: { items, next: writeCursor(after) } };
      }
      if (nodes.length < AT_ONCE) return { body: { items, next: null } };
    }
    return { body: { items, next: writeCursor(after) } };
  },

  "microsegments.why": async ({ bindings, params, query, now }) => {
    const row = await findMicrosegment(bindings.db, params.microsegment);
    const { id } = await findNode(bindings.db, query.node);
    const node = await knownNode(bindings.db, id, now);
    return { body: viewMember(microsegmentOf(row), node ?? notFound("node")) };
  },
};

function viewMember(microsegment: Microsegment, node: KnownNode) {
  const { where, unless, ...explained }: Explanation = explainMember(microsegment, node, node.facts);
  const shown = (findings: Explanation["where"]) =>
    findings.map(({ value, ...finding }) => ({ ...finding, value: isList(value) ? [...value] : value }));
  const { id, name, status, home, user } = node;
  return { node: id, name, status, home, user, ...explained, where: shown(where), unless: shown(unless) };
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value);
