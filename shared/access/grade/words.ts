import { spanInWords } from "../../base/span.ts";
import type { AccessDecision, Grade, GradeReason } from "./access.ts";

/** Says in plain sentences what a decision says besides allow or deny, and what would restore access. */

const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  allow: "The session may do all that the policies allow.",
  watch: "The session is watched: every request is recorded with its size and time.",
  read_only: "The session may only read: changes, and messages over an open connection, are refused.",
  pause: "The session is paused: nothing goes on until the person has done what is asked.",
  cut: "The session is over.",
};

const REASON_WORDS: Readonly<Record<GradeReason, string>> = {
  read_only: "A new sign-in lifts this, and so does a lower risk.",
  step_up_required: "A new sign-in restores access.",
  second_factor_required: "A sign-in with a second factor restores access.",
  sign_in_method_required: "A sign-in in the way that the policies name restores access.",
  approval_required: "An approval restores access: a grant of the app that covers the request.",
  risk_above_allowed: "A new sign-in is possible as soon as the risk has fallen to what is allowed.",
  idle_timeout:
    "It was not used for longer than the risk and the policies allow. A new sign-in restores access.",
  absolute_timeout: "It lasted longer than the risk and the policies allow. A new sign-in restores access.",
};

const KINDS: Readonly<Record<string, string>> = {
  set_by_hand: "set",
  supposed: "supposed for this test",
  new_country: "the session came from another country",
  new_network: "the session came over another network",
  two_networks: "two networks used the session at once",
  agent_changed: "another kind of browser used the session",
  place_hidden: "the place of the session is not known any more",
};

/** What a signal found, in words. */
export const kindInWords = (source: string, kind: string): string =>
  kind === "set_by_hand" ? `set by ${source}` : (KINDS[kind] ?? kind.replaceAll("_", " "));

export function accessInWords(access: AccessDecision): string[] {
  return [
    riskInWords(access),
    GRADE_WORDS[access.grade],
    ...(access.reason === null ? [] : [REASON_WORDS[access.reason]]),
    ...durationInWords(access),
    ...permissionsInWords(access),
  ];
}

function riskInWords({ riskScore, riskParts, allowedRisk, unmeasured }: AccessDecision): string {
  const parts = riskParts
    .map(({ source, kind, score }) => `${kindInWords(source, kind)}: ${score}`)
    .join(", ");
  const from = parts === "" ? "" : ` (${parts})`;
  const unseen =
    unmeasured.length === 0
      ? ""
      : ` The ${unmeasured.join(" and the ")} could not be looked at, which is no sign of a low risk.`;
  return `The risk is ${riskScore} of 100${from}; the session ends above ${allowedRisk}.${unseen}`;
}

function durationInWords({ sessionDuration }: AccessDecision): string[] {
  if (sessionDuration === null) return [];
  const { idleSeconds, absoluteSeconds } = sessionDuration;
  return [
    `At this risk a session lasts ${spanInWords(absoluteSeconds)}, and ${spanInWords(idleSeconds)} without use.`,
  ];
}

function permissionsInWords({ grantedPermissions }: AccessDecision): string[] {
  return grantedPermissions.map(
    ({ actions, paths }) =>
      `A permit behind this gives at most ${actions.join(", ")} at ${paths === null ? "every path" : paths.join(", ")}.`,
  );
}
