import { describeTextError } from "../../../shared/base/text-error.ts";
import type { Traffic } from "../../../shared/node/config/types.ts";
import type { NoEnd } from "../../../shared/node/mesh/answers.ts";
import { parseTraffic } from "../../../shared/segments/traffic.ts";

import { askAny } from "../../mesh/ask-any.ts";
import { countedHits } from "../../mesh/counted-hits.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { Handlers } from "../call.ts";
import { draftOf } from "../mesh-drafts.ts";
import { missing as noSuch } from "../missing.ts";
import { limitOf, readCursor, writeCursor } from "../paging.ts";

const DEFAULT_CHANGES = 100;
const DEFAULT_GROUPS = 24;
const ANY: readonly Traffic[] = [{ protocol: "any", ports: [] }];

/** Any traffic if nothing is said. */
function trafficOf(text: string | undefined): readonly Traffic[] {
  if (text === undefined) return ANY;
  const parsed = parseTraffic(text);
  if (parsed.ok) return [parsed.value];
  return throwRefusal("invalid_input", `/traffic: ${describeTextError(parsed.error)}`, {
    issues: [{ path: "/traffic", message: describeTextError(parsed.error) }],
  });
}

/** Refuses an end that is neither a node nor an address behind one. */
async function known<T extends object>(
  db: D1Database,
  answer: T | NoEnd | null,
  asked: string,
): Promise<Exclude<T, NoEnd>> {
  if (answer && !("unknown" in answer)) return answer as Exclude<T, NoEnd>;
  const text = answer?.unknown ?? asked;
  if (/^[\d.]+$|:/.test(text))
    return throwRefusal("not_found", `${text} is no node's address, and no approved route leads there.`);
  return noSuch(db, "node", text);
}

export const MESH_QUESTION_HANDLERS: Handlers<
  "mesh.why" | "mesh.reach" | "mesh.difference" | "mesh.check" | "mesh.matrix"
> = {
  "mesh.why": async ({ bindings, query, now }) => {
    const { from, to } = query;
    const at = query.at ?? now;
    const traffic = trafficOf(query.traffic);
    const { answer, missing } = await askAny(bindings, at, (object, standpoint) =>
      object.why({ from, to, traffic, ...standpoint }),
    );
    const found = await known(bindings.db, answer, from);
    return { body: { at, ...found, missing } };
  },

  "mesh.reach": async ({ bindings, query, now }) => {
    const end = query.to ?? query.from;
    if (end === undefined || (query.to !== undefined && query.from !== undefined))
      return throwRefusal(
        "invalid_input",
        "Name either `to`, for who reaches it, or `from`, for what it reaches.",
      );
    const at = query.at ?? now;
    const traffic = trafficOf(query.traffic);
    const { answer, missing } = await askAny(bindings, at, (object, standpoint) =>
      object.reach({
        ...{ end, traffic, ...standpoint },
        way: query.to === undefined ? "from" : "to",
        after: readCursor(query.cursor),
        limit: limitOf(query),
      }),
    );
    const found = await known(bindings.db, answer, end);
    const next = found.next === null ? null : writeCursor(found.next);
    return { body: { at, ...found, next, missing } };
  },

  "mesh.difference": async (call) => {
    const { draft, notes } = await draftOf(call);
    const at = call.body.at ?? call.now;
    const limit = call.body.limit ?? DEFAULT_CHANGES;
    const { answer, missing } = await askAny(call.bindings, at, (object, standpoint) =>
      object.difference({ draft, limit, ...standpoint }),
    );
    const nothing = { at, gaining: 0, losing: 0, changes: [], more: 0, crowded: [] };
    return { body: { ...(answer ?? nothing), notes, missing } };
  },

  "mesh.check": async ({ bindings, now }) => {
    const hits = await countedHits(bindings);
    const { answer, missing } = await askAny(bindings, now, (object, standpoint) =>
      object.check({ hits, ...standpoint }),
    );
    const found = answer ?? { rules: 0, findings: [] };
    return { body: { at: now, ...found, counted: hits !== null, missing } };
  },

  "mesh.matrix": async ({ bindings, query, now }) => {
    const at = query.at ?? now;
    const { axis = "segments", limit = DEFAULT_GROUPS } = query;
    const { answer, missing } = await askAny(bindings, at, (object, standpoint) =>
      object.matrix({ axis, most: limit, ...standpoint }),
    );
    return { body: { at, ...(answer ?? { groups: [], more: 0, cells: [] }), missing } };
  },
};
