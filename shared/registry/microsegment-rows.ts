import { describeTextError } from "../base/text-error.ts";
import type { Traffic } from "../node/config/types.ts";
import type { Expression } from "../segments/criteria/expression.ts";
import { parseCriterion } from "../segments/criteria/parse.ts";
import type { MemberSelector, Microsegment } from "../segments/microsegment.ts";
import type { microsegments } from "./mesh-schema.ts";
import type { RowOf } from "./rows.ts";

/** The microsegments as the objects of segments and the hub read them. */

export type MicrosegmentRow = RowOf<typeof microsegments>;
export const MICROSEGMENTS_QUERY = "SELECT * FROM microsegments ORDER BY id";

/**
 * The meaning of a row.
 * @throws when a criterion is not of this release: no node may be judged by half a criterion
 */
export const microsegmentOf = (row: MicrosegmentRow): Microsegment => ({
  id: row.id,
  name: row.name,
  type: row.type,
  isolation: row.isolation,
  where: criterionOf(row, row.where_text),
  unless: criterionOf(row, row.unless_text),
  include: selectorsOf(row.include),
  exclude: selectorsOf(row.exclude),
  remediation: selectorsOf(row.remediation),
  atMost: JSON.parse(row.at_most) as Traffic[],
  acceptsClaims: row.accepts_claims === 1,
});

const selectorsOf = (text: string): MemberSelector[] => JSON.parse(text) as MemberSelector[];

const criterionOf = ({ name }: MicrosegmentRow, text: string): Expression | null =>
  text === "" ? null : criterionIn(text, `the microsegment ${name}`);

/**
 * The meaning of a stored criterion.
 * @param of What has it, in words.
 * @throws when it is not of this release
 */
export function criterionIn(text: string, of: string): Expression {
  const parsed = parseCriterion(text);
  if (!parsed.ok) throw new Error(`${of}: ${describeTextError(parsed.error)}`);
  return parsed.value;
}
