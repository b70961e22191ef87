/** Which nodes are the agents of a private app. An app names them by `through`: `tag:NAME` or `node:NAME`. */

/** SQL that is true when the node `n` may be an agent of the app `a`. Both must be in the same segment. */
const IS_AGENT_OF = `a.enabled = 1 AND n.status = 'approved' AND n.segment_id = a.segment_id AND EXISTS (
  SELECT 1 FROM json_each(a.through) t WHERE t.value = 'node:' || n.name
  OR (t.value LIKE 'tag:%' AND substr(t.value, 5) IN (SELECT value FROM json_each(n.tags))))`;

/** The ids of the nodes that may be agents of an app, by the app's id. */
export const ADMITTED_NODES = `SELECT n.id FROM apps a JOIN nodes n ON ${IS_AGENT_OF} WHERE a.id = ?`;

/** Each private app with each node that may be its agent, or with none. To be filtered and ordered. */
export const APPS_WITH_AGENTS = `SELECT a.id AS appId, a.name AS app, n.id AS nodeId, n.name AS node
  FROM apps a LEFT JOIN nodes n ON ${IS_AGENT_OF}`;

/** The apps of which a node may be an agent, by the node's id. */
export const APPS_OF_NODE = `SELECT a.id, a.name FROM nodes n JOIN apps a ON ${IS_AGENT_OF} WHERE n.id = ? ORDER BY a.name`;
