/**
 * Every refusal that a caller can see, by its stable code: the HTTP status and a title that doesn't change.
 * The `detail` of a problem says what was wrong this time and what to do next.
 */
export const ERRORS = {
  // about the request
  malformed_request: { status: 400, title: "The request is malformed" },
  invalid_target: { status: 400, title: "The request target is ambiguous or malformed" },
  invalid_host: { status: 400, title: "The Host header is malformed" },
  invalid_input: { status: 422, title: "The input is invalid" },
  body_too_large: { status: 413, title: "The body is larger than allowed" },
  unsupported_media_type: { status: 415, title: "The content type is not supported" },
  method_not_allowed: { status: 405, title: "The method is not allowed here" },
  not_recorded: { status: 422, title: "Nothing was recorded of this time" },
  not_found: { status: 404, title: "Nothing is here" },
  body_not_forwarded: { status: 400, title: "The body can't be forwarded" },
  unknown_host: { status: 421, title: "This host is not served here" },
  loop_detected: { status: 508, title: "The request loops through the gateway" },
  rate_limited: { status: 429, title: "Too many requests" },
  headers_too_large: { status: 431, title: "The headers are larger than allowed" },
  // about the caller
  unauthenticated: { status: 401, title: "Sign in first" },
  invalid_credentials: { status: 401, title: "The credentials are not valid" },
  sign_in_too_old: { status: 401, title: "A newer sign-in is needed" },
  session_ended: { status: 401, title: "The session has ended" },
  step_up_required: { status: 401, title: "Show again who you are" },
  insufficient_scope: { status: 403, title: "The program must ask its person again" },
  forbidden: { status: 403, title: "This is not allowed" },
  denied_by_policy: { status: 403, title: "A policy does not allow this" },
  read_only: { status: 403, title: "This session may only read now" },
  second_factor_required: { status: 401, title: "A second factor is needed" },
  sign_in_method_required: { status: 401, title: "Another kind of sign-in is needed" },
  approval_required: { status: 403, title: "An approval is needed" },
  device_required: { status: 403, title: "A device that runs the agent is needed" },
  device_unfit: { status: 403, title: "The device does not meet what a policy asks" },
  device_proof_refused: { status: 403, title: "The device could not prove itself" },
  risk_above_allowed: { status: 403, title: "The risk is too high" },
  idle_timeout: { status: 401, title: "The session was not used for too long" },
  absolute_timeout: { status: 401, title: "The time of the session is over" },
  parked_request_gone: { status: 410, title: "This does not wait here any more" },
  csrf_rejected: { status: 403, title: "The request did not come from this site" },
  service_worker_refused: { status: 403, title: "The service worker would watch over the whole host" },
  origin_not_allowed: { status: 403, title: "The origin may not open a connection here" },
  foreign_resource: { status: 403, title: "The request names a resource of another server" },
  // about state
  conflict: { status: 409, title: "It conflicts with what exists" },
  in_use: { status: 409, title: "It is still in use" },
  precondition_failed: { status: 412, title: "It was changed by someone else in the meantime" },
  precondition_required: { status: 428, title: "The request must say which version it changes" },
  idempotency_mismatch: { status: 422, title: "The idempotency key was used for another request" },
  // about suggestions
  network_too_large: { status: 409, title: "The network is too large for this question" },
  too_little_observed: { status: 409, title: "Too little is known of the traffic yet" },
  suggestion_unsure: { status: 422, title: "The suggestion is not sure enough" },
  suggestion_stale: { status: 409, title: "The network has changed since this was suggested" },
  would_break_flows: { status: 422, title: "The change would refuse recorded traffic" },
  // about policies
  policy_invalid: { status: 422, title: "The policy is not valid" },
  policy_test_failed: { status: 422, title: "A test of the policy fails" },
  mesh_test_failed: { status: 422, title: "A test of the rules between nodes fails" },
  would_lock_out: { status: 422, title: "The change would lock people out" },
  upstream_forbidden: { status: 422, title: "The upstream address is not allowed" },
  // about login
  login_attempt_invalid: { status: 400, title: "This sign-in attempt is not valid" },
  login_attempt_expired: { status: 400, title: "This sign-in attempt has expired" },
  passkey_refused: { status: 403, title: "The passkey was not accepted" },
  login_failed: { status: 403, title: "The sign-in failed" },
  too_many_sessions: { status: 403, title: "Too many sessions are open" },
  // about nodes and their agents
  trust_not_initialised: { status: 409, title: "The network has no root of trust yet" },
  root_invalid: { status: 422, title: "The root document is not acceptable" },
  route_overlaps: { status: 409, title: "The route overlaps with another one" },
  enrolment_key_invalid: { status: 403, title: "The enrolment key is not valid" },
  enrolment_key_expired: { status: 403, title: "The enrolment key has expired" },
  enrolment_key_used_up: { status: 403, title: "The enrolment key has been used up" },
  enrolment_replayed: { status: 409, title: "This enrolment was sent before" },
  challenge_expired: { status: 403, title: "The challenge has expired" },
  possession_not_proven: { status: 403, title: "The possession of the keys is not proven" },
  signature_invalid: { status: 403, title: "The signature is not valid" },
  clock_skewed: { status: 403, title: "The node's clock is wrong" },
  key_in_use: { status: 409, title: "A key belongs to another node" },
  node_unknown: { status: 403, title: "The node is not known" },
  node_pending: { status: 403, title: "The node waits for approval" },
  node_quarantined: { status: 403, title: "The node is quarantined" },
  node_revoked: { status: 403, title: "The node was revoked" },
  node_expired: { status: 403, title: "The node's membership has expired" },
  ticket_invalid: { status: 401, title: "The ticket is not valid" },
  ticket_expired: { status: 401, title: "The ticket has expired" },
  mac_invalid: { status: 401, title: "The request is not authentic" },
  request_replayed: { status: 409, title: "This request was sent before" },
  applied_ahead: { status: 409, title: "The node claims a state that was never issued" },
  upgrade_required: { status: 426, title: "The agent is too old" },
  // about us and the applications behind us
  upstream_unreachable: { status: 502, title: "The application did not answer" },
  upstream_misconfigured: { status: 502, title: "The application can't be reached as it is set up" },
  upstream_malformed: { status: 502, title: "The application's answer can't be read" },
  upstream_timeout: { status: 504, title: "The application took too long" },
  notification_not_sent: { status: 502, title: "The notification could not be sent" },
  identity_provider_unavailable: { status: 503, title: "The identity provider did not answer" },
  schema_outdated: { status: 503, title: "The database is older than this release" },
  schema_newer: { status: 503, title: "The database is newer than this release" },
  maintenance: { status: 503, title: "The application is closed for maintenance" },
  unavailable: { status: 503, title: "Access can't be decided right now" },
  internal: { status: 500, title: "Something went wrong on our side" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One wrong place in the input: a JSON pointer, or a line and column of a policy. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** The kind of fault, if there is more to say than "invalid". */
  readonly code?: "fact_without_source" | "unknown_name" | "test_failed" | "lock_out";
}

/** A refusal as a value, before it is sent. */
export interface Refusal {
  readonly code: ErrorCode;
  /** What was wrong and what to do next, in words for the caller. Contains no secret. */
  readonly detail: string;
  readonly issues?: readonly InputIssue[];
  readonly retryAfterSeconds?: number;
}

export const refusal = (
  code: ErrorCode,
  detail: string,
  extra: Omit<Refusal, "code" | "detail"> = {},
): Refusal => ({
  code,
  detail,
  ...extra,
});
