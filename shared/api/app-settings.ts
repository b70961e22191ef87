import * as z from "zod/mini";
import { ACTIONS } from "../access/policy/request.ts";
import { MONITORING } from "../access/policy/terms.ts";
import { ruleProblem } from "../http/header-rules.ts";
import { PAGE_REASONS } from "../registry/app-pages.ts";
import * as f from "./fields.ts";

/** How the gateway treats an app, as the API takes it; see `AppSettings`. */

/** A risk from which something holds. No risk reaches 101. */
const threshold = f.integer(1, 101);

const words = <T extends z.core.$ZodType>(item: T, max: number) => z.readonly(f.list(item, max));

/** See `CorsSettings`. */
const corsInput = {
  allowedOrigins: f.said(
    words(f.origin, 50),
    "origins besides the app's own that may open WebSockets and read the gateway's refusals across sites",
  ),
  corsMethods: f.said(
    words(f.method, 20),
    "methods that scripts of these origins may use; empty for those that they ask for",
  ),
  corsHeaders: f.said(
    words(f.lowerHeaderName, 50),
    "request headers that scripts of these origins may send; empty for those that they ask for",
  ),
  corsExposedHeaders: f.said(
    words(f.lowerHeaderName, 50),
    "answer headers that scripts of these origins may read, where `corsAnswers` is `gateway`",
  ),
  corsCredentials: f.said(z.boolean(), "scripts of these origins may send cookies"),
  corsMaxAgeSeconds: f.said(
    f.integer(0, 86_400),
    "seconds for which a browser may remember what a preflight said",
  ),
  corsPreflights: f.said(
    z.enum(["gateway", "app"]),
    "who answers preflights; `app` lets those of these origins through without a sign-in, and records them",
  ),
  corsAnswers: f.said(
    z.enum(["app", "gateway"]),
    "who says what scripts may read of the application's answers; `gateway` replaces what the application says",
  ),
};

const headerRules = (side: "request" | "answer") =>
  z.readonly(
    f.list(
      z
        .strictObject({
          action: f.said(z.enum(["set", "add", "remove"]), "what is done"),
          name: f.said(f.lowerHeaderName, "the header"),
          value: z.optional(
            f.said(
              z.string().check(z.maxLength(1_000)),
              "what is written, with variables such as {user.email}",
            ),
          ),
        })
        .check((ctx) => {
          const problem = ruleProblem(ctx.value, side);
          if (problem !== null) {
            const message = `The header ${ctx.value.name} ${problem}`;
            ctx.issues.push({ code: "custom", message, input: ctx.value });
          }
        }),
      30,
    ),
  );

/** See `PathSettings`. A path that needs no settling: plain names, none of which begins with a dot. */
const pathStart = z
  .string()
  .check(
    z.maxLength(200),
    z.regex(
      /^(?:\/[A-Za-z0-9_~-](?:[A-Za-z0-9_~.-]*[A-Za-z0-9_~-])?)*$/,
      "must be the beginning of a path, such as /wiki, without a slash at its end",
    ),
  );

/** See `AppSettings`. */
const towardsUpstream = {
  requestHeaders: f.said(
    headerRules("request"),
    "headers that are set, added where missing, or removed on the way to the application",
  ),
  responseHeaders: f.said(
    headerRules("answer"),
    "headers that are set, added where missing, or removed in the application's answers",
  ),
  pathStrip: f.said(pathStart, "beginning of the paths that the application does not know; empty for none"),
  pathPrefix: f.said(pathStart, "what paths begin with at the application instead; empty for nothing"),
  upstreamHost: f.said(
    z
      .string()
      .check(
        z.maxLength(260),
        z.regex(
          /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::[1-9]\d{0,4})?$/,
          "must be upstream, public, or a host in lower case",
        ),
      ),
    "for which host an agent asks a private application: `upstream`, `public`, or one that is written here",
  ),
};

/** See `AppPage` and `MaintenanceSettings`. */
const saidToPeople = {
  pages: f.said(
    z.readonly(
      f
        .list(
          z.strictObject({
            reason: f.said(z.enum(PAGE_REASONS), "which page"),
            title: z._default(f.said(f.line(100), "its title; empty for the usual one"), ""),
            text: z._default(
              f.said(f.paragraphs(2_000), "paragraphs, lists with `- `, **bold** and [words](https://…)"),
              "",
            ),
            contact: z._default(f.said(f.line(200), "whom to ask; empty for whom the network names"), ""),
          }),
          PAGE_REASONS.length,
        )
        .check(
          z.refine(
            (pages) => new Set(pages.map(({ reason }) => reason)).size === pages.length,
            "must have each reason once at most",
          ),
        ),
    ),
    "what people read who are denied, signed out, or come while it is down or under maintenance",
  ),
  listedWhenClosed: f.said(
    z.enum(["network", "always", "never"]),
    "whether the list of apps names it to those who may not open it, with why not",
  ),
  maintenance: f.said(z.boolean(), "whether it is closed for maintenance"),
  maintenanceUntil: f.said(f.instant, "when that is over by itself; 0 for when it is switched off"),
  maintenanceText: f.said(f.line(500), "what people read meanwhile, also those who have not signed in"),
  maintenanceAdminsPass: f.said(z.boolean(), "whether owners and admins of the network come in meanwhile"),
  maintenanceStreams: f.said(z.enum(["left", "cut"]), "what becomes of open streams when it begins"),
};

/** See `QuotaSettings`. */
const quotas = {
  callerRequestsPerMinute: f.said(
    f.integer(0, 1_000_000),
    "requests a minute of one session, service token or network without a sign-in; 0 for no limit",
  ),
  appRequestsPerMinute: f.said(
    f.integer(0, 10_000_000),
    "requests a minute of everybody together; 0 for no limit",
  ),
  denialsPerMinute: f.said(
    f.integer(0, 1_000_000),
    "denials a minute after which a session, service token or network is refused unheard; 0 for no limit",
  ),
};

/** See `BalanceSettings`. */
const balance = {
  upstreamChoice: f.said(
    z.enum(["first", "spread", "sticky"]),
    "which of several upstreams is asked: the first that answers, one by lot, or for each session the same",
  ),
  upstreamWeights: f.said(
    z.readonly(f.list(f.integer(0, 1_000), 10)),
    "how much each upstream takes, in their order; 1 unless named, 0 for only when no other answers",
  ),
  upstreamRestSeconds: f.said(
    f.integer(0, 600),
    "seconds for which an upstream that gave no answer twice in a row comes last",
  ),
};

const people = z.readonly(f.list(f.personSelector, 50));

const grantsInput = {
  grantAskers: f.said(
    people,
    "who may request access to the app, as `user:EMAIL` or `group:NAME`; empty for nobody, and then no grant holds",
  ),
  grantApprovers: f.said(
    people,
    "who decides about requests, as `user:EMAIL` or `group:NAME`; nobody decides about their own",
  ),
  grantApprovals: f.said(f.integer(1, 5), "how many of them must approve"),
  grantMaxSeconds: f.said(f.integer(60, 2_592_000), "the longest time in seconds that may be requested"),
  grantActions: f.said(
    z.readonly(f.list(z.enum(ACTIONS), 4)),
    "what a grant allows at most; empty for every action",
  ),
  grantPaths: f.said(
    z.readonly(f.list(f.pathPattern, 20)),
    "the paths that a grant opens, with `*` for any text; empty for every path",
  ),
  emergencyAskers: f.said(
    people,
    "who may let themselves in at once in an emergency, which is reviewed afterwards; empty for nobody",
  ),
  emergencySeconds: f.said(f.integer(60, 86_400), "how long an emergency lasts at most, in seconds"),
};

const settingsInput = z.strictObject({
  idleSeconds: f.said(
    f.seconds(31_536_000),
    "seconds without traffic after which a session of this app ends",
  ),
  absoluteSeconds: f.said(f.seconds(31_536_000), "seconds after which a session ends in any case"),
  anonymous: f.said(z.boolean(), 'requests without a sign-in reach the policies, as `Anonymous::"anyone"`'),
  caseInsensitivePaths: f.said(
    z.boolean(),
    "paths are judged in lower case, too: for an application that ignores case",
  ),
  encodedSlashes: f.said(
    z.boolean(),
    "`%2F` and `%5C` are forwarded as they stand, and both readings are judged; otherwise such a path is refused",
  ),
  compatibility: f.said(
    z.enum(["none", "cloudflare", "pomerium"]),
    "under which other product's header the assertion comes, too",
  ),
  assertionAlgorithm: f.said(
    z.enum(["ES256", "EdDSA"]),
    "how the assertion is signed; EdDSA costs less and is known to fewer libraries",
  ),
  methodOverride: f.said(
    z.boolean(),
    "headers such as `X-HTTP-Method-Override` pass, and the method that they name is judged; otherwise they are removed",
  ),
  clientCertificates: f.said(
    z.boolean(),
    "policies may ask for the certificate of the client's TLS, where Cloudflare verified one",
  ),
  methodField: f.said(z.boolean(), "the application takes a method from a field `_method`"),
  clientHeaders: f.said(words(f.clientHeader, 50), "headers about the caller that clients may send"),
  tokenHeaders: f.said(
    words(f.tokenHeader, 5),
    "further headers in which programs may send their token, such as `x-api-key`",
  ),
  rootServiceWorker: f.said(z.boolean(), "a service worker may watch over the whole host"),
  upstreamTimeoutMs: f.said(
    f.integer(100, 600_000),
    "milliseconds that an answer may take to begin, from the last byte of the request on",
  ),
  leaseMs: f.said(
    f.integer(0, 1_000),
    "milliseconds for which GET and HEAD of sub-resources need no new question whether the session lives",
  ),
  oauthClients: f.said(
    z.enum(["none", "registered", "any"]),
    "which programs may ask people for access by OAuth: none, those that an administrator registered, or also those that describe themselves",
  ),
  mcp: f.said(
    z.boolean(),
    "the application is an MCP server and nothing else: each body must be one JSON-RPC message, whose method and tool policies see",
  ),
  ...towardsUpstream,
  ...corsInput,
  ...saidToPeople,
  ...quotas,
  ...balance,
  watchRisk: f.said(
    threshold,
    "risk from which every request is recorded with its size and time; 101 for never",
  ),
  readOnlyRisk: f.said(threshold, "risk from which only reading is allowed; 101 for never"),
  pauseRisk: f.said(
    threshold,
    "risk from which nothing goes on without a new proof of the person; 101 for never",
  ),
  allowedRisk: f.said(f.integer(0, 100), "risk above which the session ends"),
  stepUp: f.said(
    z.enum(["reauthentication", "second_factor"]),
    "which proof lifts a pause: a new sign-in, or one with a second factor",
  ),
  monitoring: f.said(
    z.enum(MONITORING),
    "how closely requests are recorded whatever the risk: `watched` with size and time, `recorded` also with headers, of which most values are left out",
  ),
  riskCurve: f.said(
    z.readonly(
      f.list(
        z.strictObject({
          risk: f.said(f.integer(1, 100), "the risk"),
          idleSeconds: f.said(f.seconds(31_536_000), "seconds without use after which a session ends at it"),
          absoluteSeconds: f.said(f.seconds(31_536_000), "seconds after which a session ends at it"),
        }),
        10,
      ),
    ),
    "points through which a rising risk shortens sessions, in straight lines from the lifetime without risk",
  ),
  ...grantsInput,
});
/** Settings as they hold; see `AppSettings`. */
export const appSettings = settingsInput;
/** Settings to change; those left out stay as they are. */
export const appSettingsUpdate = z.partial(settingsInput);
