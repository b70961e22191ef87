/**
 * The codes of conditions. A condition is something that does not work on a node although its config is in force.
 * `docs/agent.md` explains each code. A hub accepts unknown codes, since a newer agent may find more.
 */
export const CONDITION_CODES = [
  "names_unwritten",
  "ipv6_off",
  "ipv6_missing",
  "forwarding_off",
  "way_back_unset",
  "routes_missing",
  "mtu_unset",
  "addresses_left",
  "state_was_damaged",
  "state_unwritten",
  "facts_unknown",
  "flows_unknown",
  "port_taken",
  "report_left_out",
  "fence_missing",
  "network_local",
  "firewall_forward",
  "firewall_input",
  "filter_contested",
  "exit_shut",
  "exit_unused",
  "tunnel_closed",
  "edge_closed",
  "relay_ports",
  "relay_too_old",
  "proofs_off",
  "part_failed",
] as const;

export type ConditionCode = (typeof CONDITION_CODES)[number];
