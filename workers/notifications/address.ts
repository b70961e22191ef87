import { checkUpstream } from "../../shared/http/upstream.ts";
import { type Bindings, networkHosts } from "../platform/env.ts";

/**
 * Why messages may not be posted to a URL, in words, or null: it must be https at a public address that is not this
 * network's own, or a listed development host. Asked when it is saved and again at each message.
 */
export function refusedUrl(bindings: Bindings, text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return "It must be an https URL.";
  const isLocal = url.protocol === "http:" && bindings.developmentHosts.includes(url.host);
  if (url.protocol !== "https:" && !isLocal) return "It must be an https URL.";
  if (url.username !== "" || url.password !== "") return "It must not hold a user name or password.";
  const { developmentHosts } = bindings;
  const checked = checkUpstream(url.origin, { developmentHosts, ownHosts: networkHosts(bindings) });
  return checked.ok ? null : "It must be at a public address, and not at a host of this network itself.";
}
