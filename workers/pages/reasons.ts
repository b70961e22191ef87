interface Explanation {
  /** What happened, in one sentence. */
  readonly why: string;
  /** What the person can do about it. */
  readonly remedy: string;
}

const ASK = "If you need access, send the decision number below to your administrator.";

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  default_deny: { why: "No policy allows you to open this.", remedy: ASK },
  policy: { why: "A policy forbids this.", remedy: ASK },
  denied_by_policy: { why: "A policy forbids this.", remedy: ASK },
  forbidden: { why: "Your account is not allowed to do this.", remedy: ASK },
  app_disabled: {
    why: "An administrator has switched this app off.",
    remedy: "Try again later, or ask your administrator.",
  },
  maintenance: {
    why: "It is closed for maintenance.",
    remedy: "Nothing to do: it opens again by itself.",
  },
  user_disabled: { why: "Your account has been disabled.", remedy: "Ask your administrator to enable it." },
  too_many_sessions: {
    why: "You have too many open sessions.",
    remedy: "Sign out on another device, then try again.",
  },
  read_only: {
    why: "The risk of your session is raised, so it may only read now.",
    remedy: "Sign in again to lift this, or wait until the risk has fallen.",
  },
  step_up_required: {
    why: "The risk of your session is raised, or a policy wants a new proof of who you are.",
    remedy:
      "Open the app again and sign in. If you did so just now, wait a minute first: nobody is asked twice in a minute.",
  },
  second_factor_required: {
    why: "A second factor is needed here, and your sign-in named none.",
    remedy: "Sign in with a second factor, or ask your administrator.",
  },
  sign_in_method_required: {
    why: "This asks for another kind of sign-in than yours.",
    remedy: "Sign in in the way that your administrator names.",
  },
  device_unfit: {
    why: "Your device is known here, but it does not meet what a policy asks of it.",
    remedy:
      "Check that its agent runs and reaches the hub (`rustronaut-agent status`), that its system is up to date, its disk encrypted and its firewall on. A change shows within a minute.",
  },
  approval_required: {
    why: "A policy asks for an approval before this opens.",
    remedy:
      "Request access. If this page offers no way to, send the decision number below to your administrator.",
  },
  risk_above_allowed: {
    why: "The risk of your session is higher than this app allows.",
    remedy: "Ask your administrator, or wait until the risk has fallen, then sign in again.",
  },
  csrf_rejected: {
    why: "The request came from another site than this app.",
    remedy: "Open the app itself and do it again there.",
  },
  origin_not_allowed: {
    why: "Another site tried to open a connection to this app.",
    remedy: "Open the app itself. An administrator can list the other site under the app's allowed origins.",
  },
};

const NEED_ACCESS: ReadonlySet<string> = new Set([
  "default_deny",
  "policy",
  "denied_by_policy",
  "approval_required",
]);

/** Whether somebody must give the person access, so that nothing the person does alone would help. */
export const needsAccess = (reason: string): boolean => NEED_ACCESS.has(reason);

/**
 * Explains a denial in words. `reason` is a stable word from the decision record, or a whole sentence (with a space). A
 * sentence is shown as it is. An unknown word is shown by name, so that an administrator can look it up.
 */
export function explainReason(reason: string): Explanation {
  const known = Object.hasOwn(EXPLANATIONS, reason) ? EXPLANATIONS[reason] : undefined;
  if (known) return known;
  return { why: reason.includes(" ") ? reason : `Access was refused (${reason}).`, remedy: ASK };
}
