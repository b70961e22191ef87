import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";
import { printTarget, targetOfUpstream } from "./dial-list.ts";

/**
 * The upstream of a private app in the spelling that is stored: an http or https origin, or `tcp://host:port`. Any
 * address is allowed, since an agent dials only what its own list names.
 *
 * @param ownHosts The hosts (without port) that this deployment serves. An app in front of one of them would loop.
 */
export function checkPrivateUpstream(url: string, ownHosts: readonly string[]): Result<string, Refusal> {
  const target = url.length > 512 ? null : targetOfUpstream(url.replace(/\/$/, ""));
  if (!target)
    return refused(
      "It must be an origin, such as http://wiki.internal:8080, or tcp://HOST:PORT, without a path.",
    );
  if (ownHosts.includes(target.host)) return refused("It is a host that this network itself serves.");
  const authority = printTarget(target);
  const standard = { http: ":80", https: ":443" }[target.scheme];
  const isStandard = standard !== undefined && authority.endsWith(standard);
  return ok(`${target.scheme}://${isStandard ? authority.slice(0, -standard.length) : authority}`);
}

/** Whether an upstream is a TCP service, which people reach by `rustronaut tcp`. */
export const isTcpUpstream = (url: string): boolean => url.startsWith("tcp://");

const refused = (why: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal("upstream_forbidden", `The upstream is refused. ${why}`));
