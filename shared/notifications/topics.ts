import { EVENT_ACTIONS, meaningOf } from "../audit/meanings.ts";

/** What a message may be about, in words. */
interface Topic {
  /** What it is, for a list to choose from. */
  readonly about: string;
  /** What one message says of one, and of several with their number before it. */
  readonly one: string;
  readonly many: string;
  /** Where the dashboard shows all of them. */
  readonly page: string;
}

/** What waits for somebody, or comes to an end: what the audit log alone would not tell, or not in time. */
export const TOPICS = {
  "owner.new": {
    about: "somebody became an owner",
    one: "A person became an owner",
    many: "people became owners",
    page: "people",
  },
  "provider.down": {
    about: "an identity provider does not answer",
    one: "An identity provider does not answer",
    many: "identity providers do not answer",
    page: "providers",
  },
  "destination.off": {
    about: "a destination of notifications was switched off, since it took nothing for five days",
    one: "A destination of notifications was switched off",
    many: "destinations of notifications were switched off",
    page: "notifications",
  },
  "node.pending": {
    about: "a node wants approval",
    one: "A node wants approval",
    many: "nodes want approval",
    page: "nodes",
  },
  "access.requested": {
    about: "somebody requests access and waits for approval",
    one: "A request for access waits for approval",
    many: "requests for access wait for approval",
    page: "grants",
  },
  "access.emergency": {
    about: "somebody let themselves in in an emergency",
    one: "Somebody let themselves in in an emergency",
    many: "people let themselves in in an emergency",
    page: "grants",
  },
  "mesh.held": {
    about: "a change of the mesh is held and waits for somebody",
    one: "A change of the mesh is held",
    many: "changes of the mesh are held",
    page: "overview",
  },
  "revocation.overdue": {
    about: "other nodes have not dropped a revoked one a quarter of an hour later",
    one: "A revoked node is not dropped everywhere",
    many: "revoked nodes are not dropped everywhere",
    page: "nodes",
  },
  "credential.ending": {
    about: "a token or a node's membership is about to end",
    one: "A credential is about to end",
    many: "credentials are about to end",
    page: "tokens",
  },
  // An action of the audit log too, so it is found there.
  "connector.unexplained_hits": {
    about: "an agent passed on requests that no decision of the gateway explains",
    one: "An agent passed on requests that no decision explains",
    many: "reports of agents that passed on requests no decision explains",
    page: "connectors",
  },
  "node.drifted": {
    about: "somebody changed the packet filter, its fence or the peers of a node, which mended them",
    one: "A node's packet filter was changed by somebody else",
    many: "reports of nodes whose packet filter was changed by somebody else",
    page: "nodes",
  },
  // An action of the audit log too.
  "mesh_test.failed": {
    about: "a test of node rules fails, since a fact, an owner or a node changed",
    one: "A test of node rules fails",
    many: "tests of node rules fail",
    page: "mesh-tests",
  },
  "node.ruleset_differs": {
    about: "a node reports another packet filter than the one compiled for it",
    one: "A node has another packet filter than the one compiled for it",
    many: "reports of nodes with another packet filter than the one compiled for them",
    page: "nodes",
  },
  "logs.stopped": {
    about: "the log does not reach a destination any more",
    one: "The log does not reach a destination",
    many: "destinations do not get the log",
    page: "logs",
  },
  "root.ending": {
    about: "the root of trust is about to end",
    one: "The root of trust is about to end",
    many: "roots of trust are about to end",
    page: "trust",
  },
} as const satisfies Record<string, Topic>;

export type TopicName = keyof typeof TOPICS;
export const TOPIC_NAMES = Object.keys(TOPICS) as readonly TopicName[];

/** Whatever a destination may be told of: topics, and every action of the audit log by its name there. */
export const EVENTS: readonly string[] = [...new Set([...TOPIC_NAMES, ...EVENT_ACTIONS])];

const topicOf = (event: string): Topic | null =>
  Object.hasOwn(TOPICS, event) ? TOPICS[event as TopicName] : null;

export const isTopic = (event: string): event is TopicName => topicOf(event) !== null;

/** The event for a list to choose from: `a node wants approval`, `somebody created an app`. */
export const aboutEvent = (event: string): string =>
  topicOf(event)?.about ?? `somebody or something ${meaningOf(event)}`;

/** What happened so many times: `12 nodes want approval`. */
export function headline(event: string, count: number): string {
  const topic = topicOf(event);
  if (topic) return count === 1 ? topic.one : `${count} ${topic.many}`;
  const meaning = meaningOf(event);
  const said = meaning.charAt(0).toUpperCase() + meaning.slice(1);
  return count === 1 ? said : `${said} (${count} times)`;
}

export const pageOfAll = (event: string): string => topicOf(event)?.page ?? "audit";
