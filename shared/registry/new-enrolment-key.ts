/** What a new enrolment key is unless said, in every face of the hub: the least that it may be. */
export const NEW_KEY = { maxUses: 1, lifetimeMs: 86_400_000, ephemeral: false, preApproved: false } as const;
