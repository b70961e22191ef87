/** `open` ones wait for an administrator; `undone` ones were accepted, and then taken back. */
export const SUGGESTION_STATES = ["open", "accepted", "rejected", "undone"] as const;
/** `role`: a microsegment and the rules into it. `narrowing`: less of a rule that is there. */
export const SUGGESTION_KINDS = ["role", "narrowing"] as const;
