import type { MicrosegmentRow } from "../../registry/microsegment-rows.ts";
import type { LightRow, RuleRow } from "../../registry/node-rows.ts";

/** Changes of the registry that nobody made yet, to see what they would do. */
export interface MeshDraft {
  /** Rules as they would be, if they were in force. Rules that would not be are gone. */
  readonly rules: Changed<RuleRow>;
  readonly microsegments: Changed<MicrosegmentRow>;
  readonly nodes: readonly NodeDraft[];
}

interface Changed<Row> {
  readonly put: readonly Row[];
  /** Ids. */
  readonly gone: readonly string[];
}

/** What would be another of a node. */
export type NodeDraft = Pick<LightRow, "id"> &
  Partial<Pick<LightRow, "tags" | "segment_id" | "facts" | "approved_routes">>;

export const NO_DRAFT: MeshDraft = {
  rules: { put: [], gone: [] },
  microsegments: { put: [], gone: [] },
  nodes: [],
};

/** The list with some others in the place of those with the same ids, in the order of ids. */
export function replaced<T extends { readonly id: string }>(
  list: readonly T[],
  others: readonly T[],
  gone: readonly string[],
): T[] {
  const byId = new Map([...list, ...others].map((one) => [one.id, one]));
  for (const id of gone) byId.delete(id);
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
