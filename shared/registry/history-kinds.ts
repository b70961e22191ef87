/** What things the history has, as people ask for them; parts of them come along. */
export const HISTORY_KINDS = [
  "network",
  "user",
  "group",
  "segment",
  "app",
  "policy",
  "identityProvider",
  "serviceToken",
  "apiToken",
  "oauthClient",
  "node",
  "meshRule",
  "microsegment",
  "meshService",
  "meshTest",
  "enrolmentKey",
  "notificationDestination",
  "logDestination",
  "signalTransmitter",
  "signalReceiver",
  "accessGrant",
] as const;

/** Says of a field that only a fingerprint of its value is kept, as of `clientSecret`. */
export const isSecretField = (field: string): boolean => /secret$/i.test(field);
