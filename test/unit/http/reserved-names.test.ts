import { describe, expect, test } from "vitest";
import { forwardableHeaders } from "../../../shared/http/headers.ts";
import { CLOSED, names } from "./forwarded-names.ts";

/** Names of headers by which an app could be told who calls, from where or for what, other than by us. */

describe("S-14, S-16 names that only we may use", () => {
  test.each([
    "X-Rustronaut-Jwt-Assertion",
    "X_Rustronaut_Jwt_Assertion",
    "x-rustronaut_anything",
    "Cf-Access-Jwt-Assertion",
    "CF_Access_Authenticated_User_Email",
    "X-Pomerium-Jwt-Assertion",
    "Remote-User",
    "REMOTE_USER",
    "X-Forwarded-User",
    "X-Forwarded-For",
    "X_Forwarded_Proto",
    "X-Forwarded-Prefix",
    "Forwarded",
    "X-Auth-Request-Email",
    "X-Goog-IAP-JWT-Assertion",
    "Tailscale-User-Login",
    "X-NetBird-User",
    "Impersonate-User",
    "Teleport-Jwt-Assertion",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Real-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
  ])("%s is dropped", (name) => {
    expect(
      names([
        ["accept", "*/*"],
        [name, "evil"],
      ]),
    ).toEqual(["accept"]);
  });

  test("the app's own headers pass, in order and repeated", () => {
    const sent: [string, string][] = [
      ["Accept", "*/*"],
      ["X-Request_Id", "1"],
      ["range", "bytes=0-1"],
      ["x-twice", "a"],
      ["x-twice", "b"],
      ["sec-websocket-protocol", "chat"],
    ];
    expect(forwardableHeaders(sent, CLOSED)).toEqual(sent);
  });

  test.each([
    "Cf.Access.Authenticated.User.Email",
    "X.Rustronaut.Jwt.Assertion",
    "X~Rustronaut^Jwt|Assertion",
    "X--Forwarded--For",
    "-Remote-User",
    "TE.",
    "Cookie.",
    "_Authorization",
    "Remote!User",
    "REMOTE\\USER",
    "Transfer.Encoding",
    "Proxy.Connection",
    "Content_Length",
    "Content.Type",
    "Sec_Fetch_Site",
    "X_Copy_From",
    "X.Amz.Copy.Source",
    "Destination_",
    "HTTP2-Settings",
  ])("S-A1: %s is dropped as what upstreams fold it to", (name) => {
    expect(names([[name, "evil"]])).toEqual([]);
  });

  test.each([
    "Proxy",
    "X-WebAuth-User",
    "X-WEBAUTH-NAME",
    "X-Remote-Group",
    "X-Remote-Extra-Scopes",
    "X-Authentik-Username",
    "X-Auth-User",
    "X-Auth-Email",
    "X-Auth-Username",
    "X-Auth-Groups",
    "X-User-Id",
    "X-User-Email",
    "X-UserName",
    "X-Token-Subject",
    "X-Authenticated-Userid",
    "OIDC-Claim-Sub",
    "OIDC_CLAIM_email",
    "X-Consumer-Username",
    "X-Credential-Identifier",
    "X-Vouch-User",
    "X-SSO-User",
    "SM_USER",
    "iv-user",
    "OAM_REMOTE_USER",
    "Shib-Session-ID",
    "X-AppEngine-User-Email",
    "X-MS-Token-AAD-Id-Token",
    "Client-Cert",
    "X-Client-Cert-Chain",
    "SSL-Client-S-DN",
    "X-SSL-Client-Verify",
    "X-ARR-ClientCert",
    "Client-IP",
    "X-ProxyUser-Ip",
    "X-Originating-IP",
    "X-Remote-Addr",
    "WL-Proxy-Client-IP",
    "Fastly-Client-IP",
    "DO-Connecting-IP",
    "X-True-Client-IP",
    "X-Nf-Client-Connection-Ip",
    "X-Azure-ClientIP",
    "X-Envoy-External-Address",
    "X-Envoy-Original-Path",
    "X-Forwarded",
    "X-Forward-For",
    "Forwarded-For",
    "X-Original-Remote-Addr",
    "X-HTTP-Host-Override",
    "X-Scheme",
    "X-Url-Scheme",
    "Front-End-Https",
    "Auth-User",
    "User",
    "Username",
    "X-Current-User",
    "X-Tailscale-User",
    "Kubeflow-UserId",
    "X-Gitea.User",
    "X-Apigateway-Api-Userinfo",
    "X-Endpoint-API-UserInfo",
    "X-JWT-Assertion",
    "X-Jwt-Payload",
    "MELLON_email",
    "MELLON_NAME_ID",
    "X-Dex-Groups",
    "X-Login",
    "X-Mail",
    "X-Email-Address",
    "X-Display-Name",
    "X-Role",
    "X-On-Behalf-Of",
    "X-Scope-OrgID",
  ])("S-A1: %s says who calls or from where, and is dropped", (name) => {
    expect(names([[name, "evil"]])).toEqual([]);
  });

  test.each([
    "User-Agent",
    "X-User-Agent",
    "X-Auth-Token",
    "X-API-Key",
    "X-Access-Token",
    "X-CSRF-Token",
    "X-Requested-With",
    "X-Request-Id",
    "X-Session-Id",
    "X-Client-Version",
    "X-Account-Id",
    "Client-Id",
    "traceparent",
    "X-B3-TraceId",
    "Origin",
    "Referer",
    "Content-Type",
    "If-None-Match",
    "Access-Control-Request-Method",
    "Sec-Fetch-Mode",
    "Accept-Language",
    "Priority",
    "Idempotency-Key",
    "Authorization",
    "grpc-timeout",
    "Depth",
    "Destination",
    "Mcp-Session-Id",
  ])("%s is the client's own, and passes", (name) => {
    expect(names([[name, "value"]])).toEqual([name.toLowerCase()]);
  });

  test("S-A1: an app takes what it opened, by name or family and in any spelling, and nothing else", () => {
    const opened = { ...CLOSED, clientHeaders: ["x-auth-user", "x-consumer-*"] };
    const sent: [string, string][] = [
      ["X-Auth-User", "swift"],
      ["X_Auth_User", "swift"],
      ["X-Auth-User-Id", "evil"],
      ["X-Consumer-Id", "1"],
      ["X-Remote-User", "evil"],
    ];
    expect(names(sent, opened)).toEqual(["x-auth-user", "x_auth_user", "x-consumer-id"]);
  });

  test("S-A1: what we write ourselves stays closed to an app that opens everything", () => {
    const opened = { ...CLOSED, clientHeaders: ["x-*", "cf-*", "forwarded*", "host", "te"] };
    for (const name of [
      "X-Rustronaut-Via",
      "X.Forwarded.For",
      "Forwarded",
      "Cf-Access-Jwt-Assertion",
      "X-Real-IP",
    ])
      expect(names([[name, "evil"]], opened)).toEqual([]);
    expect(names([["TE", "trailers"]], opened)).toEqual([]);
    expect(names([["CF-IPCountry", "AQ"]], opened)).toEqual(["cf-ipcountry"]);
  });

  test("judging a thousand invented names does not change the verdict on a protected one", () => {
    for (let i = 0; i < 1_200; i++) names([[`x-invented-${i}`, ""]]);
    expect(
      names([
        ["x_forwarded_new-name", "1"],
        ["x-invented-new", "1"],
      ]),
    ).toEqual(["x-invented-new"]);
  });
});

describe("G5 names that lead to another path or file than the request line", () => {
  test.each([
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Path-Override",
    "X-Override-URL",
    "X_Path_Override",
    "Request-Uri",
    "X-Matched-Path",
    "X-Middleware-Subrequest",
    "X-Accel-Mapping",
    "X-Accel-Redirect",
    "X-Sendfile-Type",
    "Script-Name",
  ])("%s", (name) => expect(names([[name, "/secret"]])).toEqual([]));
});
