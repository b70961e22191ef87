import type { EndpointId } from "./endpoints.ts";

type Tag = EndpointId extends infer Id ? (Id extends `${infer Kind}.${string}` ? Kind : never) : never;

/** What the operations of each kind are about. */
export const TAGS: Readonly<Record<Tag, string>> = {
  apps: "Web apps behind the gateway",
  policies: "Cedar policies with their versions, and the tester",
  users: "People who sign in, with their roles",
  groups: "Groups of people, which may hold groups",
  segments: "Sets of nodes and apps",
  identityProviders: "Who vouches for people at sign-in",
  sessions: "Who is signed in, and the end of it",
  risk: "What speaks for risk about people",
  transmitters: "Who may send signals (CAEP, RISC)",
  signals: "Signals that came, and what each caused",
  serviceTokens: "Credentials with which programs call apps",
  scimTokens: "Tokens with which identity providers send people and groups by SCIM",
  apiTokens: "Credentials with which people and programs call this API",
  nodes: "Machines that have enrolled",
  enrolmentKeys: "Keys with which machines enrol",
  meshRules: "Who may open which traffic between nodes",
  mesh: "The network of nodes as it is now, and changes that wait",
  connectors: "Agents of private apps, and how they are",
  trust: "Root documents: who may sign what nodes apply",
  network: "The network's settings, and the whole network as one document",
  decisions: "Why the gateway let requests pass or not",
  audit: "The provable log of decisions and events",
  history: "What was changed, by whom, and why",
  reach: "Who can reach what, now or at a time",
  search: "Everything by one text",
  stats: "Counts over time",
  notifications: "Where word is sent of what happens",
  deadLetters: "Notifications that were given up",
  backup: "Taking a copy of the network",
  restore: "Putting a copy back into an empty hub",
  bootstrap: "The first step of a new hub",
  me: "The caller",
};
