import { contains, prefixOf } from "../../shared/net/prefix.ts";
import type { Policy } from "../../shared/tailscale/policy.ts";

/** Whether the file approves a route by itself when a machine with one of these names (tags, or its owner) offers it. */
export function isApproved(
  route: string,
  names: readonly string[],
  { routes, exitNode }: Policy["autoApprovers"],
): boolean {
  const offered = prefixOf(route);
  if (!offered) return false;
  if (offered.length === 0 && exitNode.some((name) => names.includes(name))) return true;
  return Object.entries(routes).some(([text, approvers]) => {
    const block = prefixOf(text);
    // A default route in the file approves default routes only.
    const fits = block !== null && contains(block, offered) && (block.length > 0 || offered.length === 0);
    return fits && approvers.some((name) => names.includes(name));
  });
}
