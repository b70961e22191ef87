import type { EndpointId } from "../../../shared/api/endpoints.ts";
import type { Handlers } from "../call.ts";
import { API_TOKEN_HANDLERS } from "./api-tokens.ts";
import { APP_HANDLERS } from "./apps.ts";
import { BACKUP_HANDLERS } from "./backup.ts";
import { CLIENT_HANDLERS } from "./clients.ts";
import { CONNECTOR_HANDLERS } from "./connectors.ts";
import { DEAD_LETTER_HANDLERS } from "./dead-letters.ts";
import { DOCUMENT_HANDLERS } from "./document.ts";
import { EFFECTIVENESS_HANDLERS } from "./effectiveness.ts";
import { ENROLMENT_KEY_HANDLERS } from "./enrolment-keys.ts";
import { GRANT_HANDLERS } from "./grants.ts";
import { GROUP_HANDLERS, MEMBER_HANDLERS } from "./groups.ts";
import { HISTORY_HANDLERS } from "./history.ts";
import { PROVIDER_HANDLERS } from "./identity-providers.ts";
import { LOG_HANDLERS } from "./log-destinations.ts";
import { MESH_HANDLERS } from "./mesh.ts";
import { MESH_HEALTH_HANDLERS } from "./mesh-health.ts";
import { MESH_PATH_HANDLERS } from "./mesh-paths.ts";
import { MESH_QUESTION_HANDLERS } from "./mesh-questions.ts";
import { MESH_RULE_HANDLERS } from "./mesh-rules.ts";
import { MESH_SERVICE_HANDLERS } from "./mesh-services.ts";
import { MESH_TEST_HANDLERS } from "./mesh-tests.ts";
import { MICROSEGMENT_MEMBER_HANDLERS } from "./microsegment-members.ts";
import { MICROSEGMENT_HANDLERS } from "./microsegments.ts";
import { NETWORK_HANDLERS } from "./network.ts";
import { NODE_HANDLERS } from "./nodes.ts";
import { NOTIFICATION_HANDLERS } from "./notifications.ts";
import { OBSERVATION_HANDLERS } from "./observation.ts";
import { PASSKEY_HANDLERS } from "./passkeys.ts";
import { POLICY_HANDLERS } from "./policies.ts";
import { POLICY_LIFE_HANDLERS } from "./policy-life.ts";
import { POLICY_TEST_HANDLERS } from "./policy-test.ts";
import { REACH_HANDLERS } from "./reach.ts";
import { RISK_HANDLERS } from "./risk.ts";
import { SCIM_TOKEN_HANDLERS } from "./scim-tokens.ts";
import { SEARCH_HANDLERS } from "./search.ts";
import { SEGMENT_HANDLERS } from "./segments.ts";
import { SERVICE_TOKEN_HANDLERS } from "./service-tokens.ts";
import { SESSION_HANDLERS } from "./sessions.ts";
import { SIGNAL_RECEIVER_HANDLERS } from "./signal-receivers.ts";
import { SIGNAL_HANDLERS } from "./signals.ts";
import { SUGGESTION_HANDLERS } from "./suggestions.ts";
import { TRUST_HANDLERS } from "./trust.ts";
import { USER_HANDLERS } from "./users.ts";

/** The handler of each endpoint. The type checker finds a missing handler. */
export const HANDLERS: Handlers<EndpointId> = {
  ...NETWORK_HANDLERS,
  ...USER_HANDLERS,
  ...GROUP_HANDLERS,
  ...MEMBER_HANDLERS,
  ...SEGMENT_HANDLERS,
  ...MICROSEGMENT_HANDLERS,
  ...MICROSEGMENT_MEMBER_HANDLERS,
  ...SUGGESTION_HANDLERS,
  ...MESH_SERVICE_HANDLERS,
  ...MESH_TEST_HANDLERS,
  ...EFFECTIVENESS_HANDLERS,
  ...APP_HANDLERS,
  ...PROVIDER_HANDLERS,
  ...POLICY_HANDLERS,
  ...POLICY_LIFE_HANDLERS,
  ...POLICY_TEST_HANDLERS,
  ...SERVICE_TOKEN_HANDLERS,
  ...CLIENT_HANDLERS,
  ...SCIM_TOKEN_HANDLERS,
  ...API_TOKEN_HANDLERS,
  ...SESSION_HANDLERS,
  ...OBSERVATION_HANDLERS,
  ...PASSKEY_HANDLERS,
  ...RISK_HANDLERS,
  ...SIGNAL_HANDLERS,
  ...SIGNAL_RECEIVER_HANDLERS,
  ...GRANT_HANDLERS,
  ...HISTORY_HANDLERS,
  ...REACH_HANDLERS,
  ...SEARCH_HANDLERS,
  ...DOCUMENT_HANDLERS,
  ...ENROLMENT_KEY_HANDLERS,
  ...NODE_HANDLERS,
  ...MESH_RULE_HANDLERS,
  ...MESH_HANDLERS,
  ...MESH_PATH_HANDLERS,
  ...MESH_HEALTH_HANDLERS,
  ...MESH_QUESTION_HANDLERS,
  ...CONNECTOR_HANDLERS,
  ...TRUST_HANDLERS,
  ...LOG_HANDLERS,
  ...NOTIFICATION_HANDLERS,
  ...DEAD_LETTER_HANDLERS,
  ...BACKUP_HANDLERS,
};
