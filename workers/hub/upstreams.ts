import type { ProviderKind } from "../../shared/access/login/provider-kinds.ts";
import type { Refusal } from "../../shared/base/errors/catalogue.ts";
import type { Result } from "../../shared/base/result.ts";
import { checkPrivateUpstream, isTcpUpstream } from "../../shared/connector/private-upstream.ts";
import { checkUpstream } from "../../shared/http/upstream.ts";
import { type Bindings, networkHosts } from "../platform/env.ts";
import { Refused, throwRefusal } from "../platform/refused.ts";
import { HOSTS_OF_APPS } from "../registry/app-hosts.ts";

/**
 * The upstreams in their stored spelling. Refuses upstreams that the edge may not connect to, and an app in
 * front of itself.
 *
 * @param isPrivate Whether agents dial the upstreams. Then their own lists say which addresses are allowed.
 */
export async function checkUpstreams(
  bindings: Bindings,
  urls: readonly string[],
  ownHosts: readonly string[],
  isPrivate: boolean,
): Promise<string[]> {
  const { results } = await bindings.db.prepare(HOSTS_OF_APPS).all<{ host: string }>();
  const served = [...results.map(({ host }) => host), ...networkHosts(bindings), ...ownHosts];
  const origins = urls.map((url) =>
    isPrivate ? accepted(checkPrivateUpstream(url, served)) : dialable(bindings, url, served),
  );
  if (new Set(origins.map(isTcpUpstream)).size > 1)
    throwRefusal("invalid_input", "An app is either a TCP service or a web application, not both.");
  if (new Set(origins).size < origins.length) throwRefusal("invalid_input", "An upstream is named twice.");
  return origins;
}

/** The address of an issuer follows the rules of an upstream, because the hub fetches the issuer's keys. */
export function checkIssuer(bindings: Bindings, kind: ProviderKind, issuer: string): void {
  const url = new URL(issuer);
  if (kind === "github" && url.pathname !== "/") {
    throwRefusal("invalid_input", `Of GitHub only the origin counts: ${url.origin}`);
  }
  if (url.search !== "") throwRefusal("invalid_input", "The issuer must have no query.");
  checkFetched(bindings, "The issuer", issuer);
}

/**
 * An address that the hub fetches data from follows the rules of an upstream.
 *
 * @param what The beginning of the refusal's text.
 */
export function checkFetched(bindings: Bindings, what: string, address: string): void {
  const url = new URL(address);
  if (url.hash !== "" || url.username !== "" || url.password !== "") {
    throwRefusal("invalid_input", `${what} must have no fragment or user name.`);
  }
  dialable(bindings, url.origin, networkHosts(bindings));
  if (url.protocol !== "https:" && !bindings.developmentHosts.includes(url.host)) {
    throwRefusal("upstream_forbidden", `${what} must be https.`);
  }
}

function dialable(bindings: Bindings, url: string, ownHosts: readonly string[]): string {
  return accepted(checkUpstream(url, { developmentHosts: bindings.developmentHosts, ownHosts }));
}

function accepted(checked: Result<string, Refusal>): string {
  if (!checked.ok) throw new Refused(checked.error);
  return checked.value;
}
