/**
 * Names of headers that applications trust, because a proxy in front of them writes these headers: who calls,
 * from where, and for which address. Families of names are recognised by the beginning or the end of a name.
 * All names are folded (`foldedName`).
 */

/** `*` stands for the rest of a name. */
const FAMILIES = [
  // The user, in the headers of CGI, Kubernetes, Grafana, Kong, mod_auth_openidc, Shibboleth, SiteMinder and
  // many others.
  "remote-*",
  "x-remote-*",
  "x-user",
  "x-username",
  "x-userid",
  "x-userinfo*",
  "x-email",
  "x-group",
  "x-role",
  "x-identity*",
  "x-principal*",
  "x-logged-in-*",
  "x-authenticated-*",
  "x-anonymous-consumer",
  "x-consumer-*",
  "x-credential-*",
  "x-webauth-*",
  "webauth-*",
  "x-oidc-*",
  "oidc-*",
  "x-sso-*",
  "sso-*",
  "x-saml-*",
  "saml-*",
  "x-shib*",
  "shib*",
  "x-cas-*",
  "cas-user",
  "x-ldap-*",
  "sm-*",
  "iv-*",
  "oam-*",
  "eppn",
  "impersonate-*",
  "x-on-behalf-of",
  "x-scope-orgid",
  "x-impersonate-*",
  // Headers of products that have the same role as this gateway.
  "cf-*",
  "x-auth-request-*",
  "x-pomerium-*",
  "x-goog-*",
  "x-netbird-*",
  "x-amzn-oidc-*",
  "x-amzn-mtls-*",
  "x-ms-client-principal*",
  "x-ms-token-*",
  "x-authentik-*",
  "authentik-*",
  "x-authelia-*",
  "x-vouch-*",
  "x-appengine-*",
  "tailscale-*",
  "teleport-*",
  "mf-*",
  "mellon-*",
  "x-teleport-*",
  "x-tailscale-*",
  // The client's certificate (RFC 9440, and older headers).
  "client-cert*",
  "x-client-cert*",
  "x-client-dn",
  "x-client-verify",
  "x-clientcert*",
  "x-arr-*",
  "x-ssl-*",
  "ssl-*",
  "x-tls-client-*",
  "x-mtls-*",
  // Where the request comes from, and for which address it is (RFC 7239, and older headers).
  "forwarded*",
  "x-forward*",
  "x-original-*",
  "x-rewrite-*",
  "x-envoy-*",
  "x-proxy-*",
  "proxy",
  "proxy-*",
  "wl-proxy-*",
  "x-azure-*",
  "x-akamai-*",
  "akamai-*",
  "fastly-*",
  "fly-*",
  "x-vercel-*",
  "x-nf-*",
  "cdn-loop",
  "x-host",
  "x-http-host-override",
  "x-http-destinationurl",
  "x-scheme",
  "x-url-scheme",
  "front-end-https",
  // For which path or file the request is. Frameworks and servers use these instead of the request line.
  "x-override-*",
  "x-http-path*",
  "x-http-url*",
  "x-http-uri*",
  "x-path-override",
  "x-url-override",
  "x-uri-override",
  "x-request-uri",
  "x-request-url",
  "request-uri",
  "x-path-info",
  "path-info",
  "x-script-name",
  "script-name",
  "x-replaced-path",
  "x-matched-path",
  "x-invoke-*",
  "x-middleware-*",
  "x-waws-*",
  "x-accel-*",
  "x-sendfile*",
];

const NAMES = new Set(FAMILIES.filter((family) => !family.endsWith("*")));
const PREFIXES = FAMILIES.filter((family) => family.endsWith("*")).map((family) => family.slice(0, -1));

/**
 * `X-Auth-User`, `X-User-Email`, `X-Token-Subject`: these say something about the caller, unlike
 * `X-Auth-Token` or `X-User-Agent`.
 */
const CLAIM =
  /^x-(?:auth|user|token)-?(?:user|login|name|full-name|display-name|id|e?-?mail|groups?|roles?|subject|sub|claims?|info|dn)(?:-|name$|id$|$)/;

/**
 * The endings of names that say who somebody is, with any prefix: `Auth-User`, `X-Tailscale-User`,
 * `Kubeflow-UserId`, `X-Apigateway-Api-Userinfo`, `MELLON_email`, `X-JWT-Payload`. The metadata that an
 * object store keeps with a file says nothing about the caller.
 */
const WHO =
  /^(?!x-(?:\w+-)?meta-)(?:.*-)?(?:user|user-?(?:name|id|info|email|groups?|roles?)|login|e-?mail|e-?mail-?address|mail|display-?name|full-?name|groups|roles|name-id|jwt-(?:assertion|payload|claims)|claims)$/;

/**
 * `X-Real-IP`, `True-Client-IP`, `X-Cluster-Client-IP`, `X-Originating-IP`, `X-ProxyUser-Ip`, with any
 * prefix.
 */
const ADDRESS =
  /(?:^|-)(?:client|connecting|connection|real|remote|origin|originating|source|true|user|proxyuser|peer)-?(?:ip|addr|address|host|port)$/;

/**
 * The one spelling of a name for upstreams that fold names. CGI, PHP, WSGI and IIS fold every character
 * except letters and digits.
 */
export function foldedName(name: string): string {
  const folded = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return folded.replace(/^-|-$/g, "");
}

/** Whether an application may believe that a proxy wrote a header with this folded name. */
export const isTrustedName = (folded: string): boolean =>
  NAMES.has(folded) ||
  CLAIM.test(folded) ||
  WHO.test(folded) ||
  ADDRESS.test(folded) ||
  PREFIXES.some((prefix) => folded.startsWith(prefix));
