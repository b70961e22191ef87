import { ERRORS } from "../base/errors/catalogue.ts";

/** The stable words of the audit log, explained for people. */
const MEANINGS: Readonly<Record<string, string>> = {
  policy: "by a policy",
  default_deny: "no policy allows it",
  no_session: "not signed in",
  // Why a session ended.
  signed_out: "signed out",
  killed_by_admin: "ended by an administrator",
  user_disabled: "the user was disabled",
  replaced: "made room for a newer one",
  parent_ended: "the sign-in ended",
  idle_timeout: "not used for too long",
  absolute_timeout: "its time was over",
  provider_logout: "signed out at the identity provider",
  provider_disabled: "the identity provider was switched off",
  provider_removed: "the identity provider was removed",
  code_replayed: "its sign-in code was used twice",
  app_deleted: "the app was deleted",
  app_disabled: "the app was switched off",
  app_moved: "the app moved",
  "api_token.create": "created an API token",
  "api_token.delete": "deleted an API token",
  "app.create": "created an app",
  "app.delete": "deleted an app",
  "app.update": "changed an app",
  "enrolment_key.create": "created an enrolment key",
  "enrolment_key.delete": "revoked an enrolment key",
  "group.add_member": "added a member to a group",
  "group.create": "created a group",
  "group.delete": "deleted a group",
  "group.remove_member": "removed a member from a group",
  "group.update": "changed a group",
  "hub.denied": "was turned away from the hub",
  "identity_provider.create": "added an identity provider",
  "identity_provider.delete": "removed an identity provider",
  "identity_provider.update": "changed an identity provider",
  "login.code_not_sent": "could not be sent a code by e-mail",
  "login.code_replayed": "used a sign-in code twice",
  "login.code_sent": "was sent a code by e-mail",
  "login.failed": "could not sign in",
  "login.groups_missing": "signed in without groups",
  "login.provider_away": "met an identity provider that did not answer",
  "login.success": "signed in",
  "mesh.confirm_hold": "let a held change of the mesh go",
  "mesh_rule.create": "created a node rule",
  "mesh_rule.delete": "deleted a node rule",
  "mesh_rule.update": "changed a node rule",
  "network.apply": "applied a document to the network",
  "network.create": "created the network",
  "network.update": "changed the network's settings",
  "node.approve": "approved a node",
  "node.delete": "deleted a node",
  "node.enroll": "enrolled as a node",
  "node.expire": "ended a node's membership, since its date came",
  "node.logout": "logged out as a node",
  "node.quarantine": "quarantined a node",
  "node.release": "released a node from quarantine",
  "node.remove_absent": "removed a node that stayed away",
  "node.revoke": "revoked a node",
  "node.rotate_keys": "renewed a node's keys",
  "network.backup": "took a backup",
  "network.restore": "restored the network from a backup",
  "node.update": "changed a node",
  "notification_destination.create": "added somewhere to send notifications",
  "notification_destination.delete": "removed somewhere to send notifications",
  "notification_destination.rotate": "renewed a webhook's secret",
  "notification_destination.update": "changed somewhere to send notifications",
  "policy.create": "created a policy",
  "policy.delete": "deleted a policy",
  "policy.publish": "published a policy",
  "policy.rollback": "restored an earlier version of a policy",
  "policy.update": "renamed or switched a policy",
  "segment.create": "created a segment",
  "segment.delete": "deleted a segment",
  "segment.update": "changed a segment",
  "service_token.create": "created a service token",
  "service_token.delete": "deleted a service token",
  "service_token.rotate": "renewed a service token's secret",
  "service_token.update": "changed a service token",
  "request.failed": "could not answer a request, since something broke",
  "session.end": "ended sessions by a change",
  "session.kill": "ended sessions",
  "session.provider_logout": "signed out by the identity provider",
  "session.recheck_ended": "signed out, since the identity provider no longer vouches",
  "session.sign_out": "signed out",
  "session.start": "opened an app",
  "trust.add_root": "added a root of trust",
  "user.create": "added a user",
  "user.delete": "deleted a user",
  "user.expire": "ended a user's access, since its date came",
  "user.update": "changed a user",
};

/** All actions of events that are explained here. */
export const EVENT_ACTIONS: readonly string[] = Object.keys(MEANINGS).filter((word) => word.includes("."));

/**
 * The explanation of a reason of a decision or of an action of an event. A word without an explanation is
 * written out as words.
 */
export function meaningOf(word: string): string {
  if (Object.hasOwn(MEANINGS, word)) return MEANINGS[word] ?? word;
  if (Object.hasOwn(ERRORS, word)) return lowerFirst(ERRORS[word as keyof typeof ERRORS].title);
  return word.replaceAll(/[._]/g, " ");
}

const lowerFirst = (title: string): string => title.charAt(0).toLowerCase() + title.slice(1);
