/** What notifications are sent to. */
export const DESTINATION_KINDS = ["email", "webhook", "slack"] as const;
export type DestinationKind = (typeof DESTINATION_KINDS)[number];
