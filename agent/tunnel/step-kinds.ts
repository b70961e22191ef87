import type { ConditionCode } from "../../shared/node/conditions.ts";
import type { Step } from "./plan.ts";

/** What happens to the other steps when one step of an apply fails. */

/** Whether a step only removes or blocks something. The agent tries each such step even if others fail. */
export function takesAway(step: Step): boolean {
  switch (step.do) {
    case "remove-peers":
    case "shrink-peers":
    case "remove-routes":
    case "remove-rules":
    case "load-filter":
    case "raise-fence":
    case "close-exit":
    case "add-rules":
      return true;
    default:
      return false;
  }
}

/** The code of the condition that a failed step causes. Null when the tunnel can't work without the step. */
export function codeWithout(step: Step): ConditionCode | null {
  switch (step.do) {
    case "write-hosts":
      return "names_unwritten";
    case "set-mtu":
    case "probe-mtu":
      return "mtu_unset";
    case "set-port":
      return "port_taken";
    case "mark-way-back":
      return "way_back_unset";
    case "forward":
      return "forwarding_off";
    case "add-routes":
      return "routes_missing";
    case "raise-fence":
      return "fence_missing";
    case "remove-addresses":
      return "addresses_left";
    case "add-addresses":
      return step.family === 6 ? "ipv6_missing" : null;
    default:
      return null;
  }
}
