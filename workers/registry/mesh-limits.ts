import { LIMITS } from "../../shared/node/config/types.ts";
import { guard } from "./guards.ts";

/** How much a network may say, so that each node can take its config. What a node refuses would leave it as it was. */

export const MOST_MICROSEGMENTS = 500;

/** The rules in the configs that follow from the levels and bounds of microsegments (`impliedRules`). */
const IMPLIED = `(SELECT coalesce(sum(
    (isolation = 'open' OR (isolation = 'quarantine' AND remediation <> '[]')) + (at_most <> '[]')), 0) FROM microsegments)`;
/** What the denials beyond bounds take in a config, in bytes: more than they ever do. */
const BOUND_BYTES = `(SELECT coalesce(sum(400 + 4 * length(at_most)), 0) FROM microsegments WHERE at_most <> '[]')`;

/** The traffic of the services that the rule `r` names, in bytes. It comes to the rule's own in a config. */
const SERVICE_BYTES = `(SELECT coalesce(sum(length(CAST(s.traffic AS BLOB))), 0)
  FROM json_each(r.services) n JOIN mesh_services s ON s.id = n.value)`;

/** What a rule's members take in a config beside its name, traffic and windows, in bytes: more than they ever do. */
const RULE_FRAME = 200;
const COMPONENT_FRAME = 1_024;
const RULE_BYTES = `(SELECT coalesce(sum(${RULE_FRAME} + length(CAST(json_quote(name) AS BLOB))
  + length(CAST(traffic AS BLOB)) + ${SERVICE_BYTES} + coalesce(length(weekly), 0)), 0) FROM mesh_rules r)`;

/**
 * After the earlier statements of the batch, the rules fit into the config of a node, also those that follow from the levels
 * and bounds of microsegments. They count whether or not they are enabled, so that enabling one is always possible.
 */
export const rulesFit = (d1: D1Database): D1PreparedStatement[] => [
  guard(d1, "rule_count", `(SELECT count(*) FROM mesh_rules) + ${IMPLIED} <= ?`, LIMITS.rules),
  guard(
    d1,
    "rule_bytes",
    `${RULE_BYTES} + ${BOUND_BYTES} + ${2 * RULE_FRAME} * ${IMPLIED} + ${COMPONENT_FRAME} <= ?`,
    LIMITS.objectBytes,
  ),
];

/** After the earlier statements of the batch, there are not too many microsegments: a node may be in each of them. */
export const microsegmentsFit = (d1: D1Database): D1PreparedStatement[] => [
  guard(d1, "microsegment_count", "(SELECT count(*) FROM microsegments) <= ?", MOST_MICROSEGMENTS),
  ...rulesFit(d1),
];
