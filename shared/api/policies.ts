import * as z from "zod/mini";
import { ACTIONS } from "../access/policy/request.ts";
import { parseAddress } from "../net/address.ts";
import { accessDecision } from "./access.ts";
import * as f from "./fields.ts";

/** Policies, their versions, and the two ways to try one out. */

const source = f.said(
  z.string().check(z.minLength(1), z.maxLength(65_536)),
  "Cedar text, at most 65,536 characters",
);
const note = z.optional(f.said(f.line(500), "why, for those who read the versions later"));
const name = f.said(f.name, "what decisions cite its statements by");
const enabled = f.said(z.boolean(), "whether it holds");
const shadow = f.said(
  z.boolean(),
  "whether it is asked beside the others without deciding: what it would have decided is recorded",
);

const principal = z.discriminatedUnion("kind", [
  /** `user` is an id or e-mail of the registry. */
  z.strictObject({ kind: z.literal("user"), user: f.reference }),
  z.strictObject({
    kind: z.literal("serviceToken"),
    serviceToken: f.reference,
    claims: z.optional(
      f.said(f.list(f.line(701), 200), "what its platform states, such as `ref=refs/heads/main`"),
    ),
  }),
  z.strictObject({ kind: z.literal("anonymous") }),
  /** A user who need not exist: only what is said of them is known. */
  z.strictObject({
    kind: z.literal("somebody"),
    groups: f.said(f.list(f.name, 100), "names of the groups that they are directly in"),
    email: z.optional(f.said(f.email, "their address, where a policy asks for it")),
  }),
]);

const seconds = f.integer(0, 315_360_000);

/** A request that is only thought of. */
const supposed = z.strictObject({
  principal: f.said(principal, "who asks"),
  app: f.said(f.reference, "id or name of the app"),
  method: f.said(
    z.string().check(z.regex(/^[A-Z]{1,20}$/, "must be a method in capitals")),
    "the method, in capitals",
  ),
  host: z.optional(f.said(f.host, "which of the app's hosts is asked; the main one unless said")),
  path: f.said(
    z.string().check(z.maxLength(16_384), z.regex(/^\//, "must begin with /")),
    "path and query as they stand in the request line",
  ),
  headers: z.optional(
    f.said(
      f.list(
        z.strictObject({
          name: f.said(f.headerName, "the header's name"),
          value: f.said(f.line(2_000), "what it says"),
        }),
        20,
      ),
      "headers by which a request asks for more than its request line says, such as `X-HTTP-Method-Override`",
    ),
  ),
  upgrade: z.optional(f.said(z.boolean(), "whether it opens a WebSocket (the action `connect`)")),
  network: z.optional(
    f.said(
      z.partial(
        z.strictObject({
          ip: f.said(
            z.string().check(
              z.maxLength(45),
              z.refine((text) => parseAddress(text) !== null, "must be an IP address"),
            ),
            "the client's address",
          ),
          country: f.said(
            z.string().check(z.regex(/^[A-Z0-9]{2}$/, "must be a code such as DE")),
            "ISO 3166-1 code of the client's country",
          ),
          asn: f.said(f.integer(0, 4_294_967_295), "number of the client's network"),
          certificate: f.said(
            z.strictObject({
              fingerprint: f.said(f.line(64), "SHA-256 in lower-case hexadecimal"),
              subject: f.said(f.line(1_000), "distinguished name of its holder"),
              issuer: f.said(f.line(1_000), "distinguished name of who signed it"),
              serial: f.said(f.line(64), "its number in lower-case hexadecimal"),
            }),
            "the certificate of the client's TLS",
          ),
        }),
      ),
      "where the request comes from",
    ),
  ),
  authentication: z.optional(
    f.said(
      z.strictObject({
        provider: z.optional(f.said(f.name, "the identity provider's id")),
        acr: z.optional(f.said(f.line(200), "the class that it says the sign-in had")),
        amr: z.optional(f.said(f.list(f.line(50), 20), "the methods that it says were used")),
        ageSeconds: z.optional(f.said(f.integer(0, 315_360_000), "how long ago the sign-in was")),
      }),
      "how the user signed in",
    ),
  ),
  device: z.optional(
    f.said(
      z.strictObject({
        name: z.optional(f.said(f.name, "the node's name")),
        isOwned: z.optional(f.said(z.boolean(), "whether it belongs to the user who asks")),
        proofAgeSeconds: z.optional(f.said(seconds, "how long ago the browser proved that it runs there")),
        sameAddress: z.optional(f.said(z.boolean(), "whether browser and agent had one address then")),
        ageSeconds: z.optional(f.said(seconds, "how long ago the agent measured what it says")),
        os: z.optional(f.said(f.line(50), "the operating system, such as `debian`")),
        osVersion: z.optional(f.said(f.line(50), "its version")),
        agentVersion: z.optional(f.said(f.line(50), "the agent's version")),
        diskEncrypted: z.optional(f.said(z.boolean(), "what the agent says of the disk")),
        firewallEnabled: z.optional(f.said(z.boolean(), "what the agent says of a firewall")),
        screenLock: z.optional(f.said(z.boolean(), "what the agent says of the screen's lock")),
        checks: z.optional(
          f.said(f.list(f.line(61), 32), "what the agent answers to its segment's checks: `edr:present`"),
        ),
        stated: z.optional(
          f.said(f.list(f.line(121), 50), "what others state of it: `compliant`, `intune:compliant`"),
        ),
      }),
      "the device that the browser proved to run on; none unless said, and what is not said of it is not true",
    ),
  ),
  client: z.optional(
    f.said(
      z.strictObject({
        id: f.said(f.line(500), "id of the client, or the address of its document"),
        isRegistered: f.said(z.boolean(), "whether an administrator registered it"),
      }),
      "the OAuth client that acts for the user; none unless said",
    ),
  ),
  mcp: z.optional(
    f.said(
      z.strictObject({
        method: f.said(f.line(200), "method of the JSON-RPC message, such as `tools/call`"),
        tool: z.optional(f.said(f.line(200), "the tool that it calls")),
      }),
      "the message to an MCP server; none unless said",
    ),
  ),
  risk: z.optional(
    f.said(f.integer(0, 100), "the caller's risk; unless said, that of the user now, and 0 in a test"),
  ),
  now: z.optional(f.said(f.instant, "the moment of the request; now unless said")),
});

export const policyTest = z.extend(supposed, {
  drafts: z.optional(
    f.said(
      f.list(z.strictObject({ name, source }), 20),
      "policies to judge by as if they were published, in place of those of their names",
    ),
  ),
});

/** Policies are tested when they are published, in one request. */
const MOST_TESTS = 100;
/** A question with the answer that it must have. */
export const policyTestCase = z.extend(supposed, {
  name: f.said(f.line(200).check(z.minLength(1)), "what it shows, for whoever reads that it fails"),
  expect: f.said(z.enum(["allow", "deny"]), "what it must come to"),
});
export type PolicyTestCase = z.output<typeof policyTestCase>;
const tests = z.optional(
  f.said(
    f.list(policyTestCase, MOST_TESTS),
    "requests with what they must come to: asked when the policy is published, of the network as it would be; complete where present",
  ),
);
const despiteTests = z.optional(
  f.said(z.boolean(), "publish although tests fail; which ones is recorded in the audit log"),
);

export const policySummary = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  /** It is not in force, but asked beside the others: decisions record what it would have changed. */
  shadow: z.boolean(),
  currentVersion: z.int(),
  ...f.rowFields,
});
export const policy = z.extend(policySummary, {
  source: z.string(),
  author: z.string(),
  note: z.string(),
  tests: z.array(policyTestCase),
});

export const policyCreate = z.strictObject({
  name,
  source,
  note,
  tests,
  enabled: z.optional(enabled),
  shadow: z.optional(shadow),
  despiteTests,
});
export const policyUpdate = z.partial(z.strictObject({ name, enabled, shadow, despiteTests }));
export const policyPublish = z.strictObject({ source, note, tests, despiteTests });
export const policyRollback = z.strictObject({
  number: f.said(f.integer(1, 1_000_000), "of the version that is to hold again, with its tests"),
  despiteTests,
});

export const policyVersionSummary = z.object({
  number: z.int(),
  author: z.string(),
  note: z.string(),
  createdAt: f.instant,
});
export const policyVersion = z.extend(policyVersionSummary, {
  source: z.string(),
  tests: z.array(policyTestCase),
});

export const issue = z.object({
  /** A JSON pointer into the body. */
  path: z.string(),
  message: z.string(),
  line: z.optional(z.int()),
  column: z.optional(z.int()),
  /**
   * `fact_without_source`: it names what nothing measures yet. `unknown_name`: a warning, it names what nothing has.
   * `test_failed`: a test of the policy. `lock_out`: somebody would lose access by the change.
   */
  code: z.optional(z.enum(["fact_without_source", "unknown_name", "test_failed", "lock_out"])),
});

/** Text that is being written: an empty one is not an error of the request. */
export const policyValidate = z.strictObject({
  name: z.optional(name),
  source: f.said(z.string().check(z.maxLength(65_536)), "Cedar text, at most 65,536 characters"),
  tests,
});
const texts = z.readonly(z.array(z.string()));
/** A `PolicyForm`. */
const policyForm = z.object({
  effect: z.enum(["permit", "forbid"]),
  who: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("anyone") }),
    z.object({ kind: z.literal("signedIn") }),
    z.object({ kind: z.literal("named"), groups: texts, users: texts, serviceTokens: texts }),
  ]),
  app: z.nullable(z.string()),
  actions: z.readonly(z.array(z.enum(ACTIONS))),
  paths: texts,
  conditions: z.object({
    memberOf: texts,
    networks: texts,
    countries: texts,
    notCountries: texts,
    hours: z.nullable(z.object({ from: z.int(), to: z.int() })),
    weekdays: z.readonly(z.array(z.int())),
    signedInWithin: z.nullable(z.int()),
    methods: texts,
  }),
});

export const policyValidation = z.object({
  /** The statements as a form shows them; null where the form has no field for something in them. */
  forms: z.nullable(z.array(policyForm)),
  /** Which statement that is, in words; null where the text is not valid, too. */
  onlyText: z.nullable(z.string()),
  valid: z.boolean(),
  statements: z.int(),
  issues: z.array(issue),
  /** What is valid and yet looks wrong, such as the name of something that is not there. */
  warnings: z.array(issue),
  /** Those of the tests that were sent along which fail, as if the text were published. */
  failures: z.array(issue),
});
/** A policy as it was saved, and what looks wrong with it. */
export const policySaved = z.extend(policy, { warnings: z.optional(z.array(issue)) });

/** A statement that took part in a decision, with the policy it stands in. */
export const citedPolicy = z.object({
  /** `<policy name>#<n>`. */
  id: z.string(),
  policyId: z.nullable(z.string()),
  policyName: z.string(),
  /** The version that decided. */
  version: z.nullable(z.int()),
  /** The version that holds today; null where the policy is gone. */
  currentVersion: z.nullable(z.int()),
  effect: z.nullable(z.enum(["permit", "forbid"])),
});

/** One way in which the upstream may take the request. */
export const judgedReading = z.object({
  action: z.enum(ACTIONS),
  path: z.string(),
  /** Another spelling of the same place: it need not be permitted, but must not be forbidden. */
  isAlias: z.boolean(),
  decision: z.enum(["allow", "deny"]),
  determining: z.array(z.string()),
});

export const policyTestResult = z.object({
  decision: z.enum(["allow", "deny"]),
  /** `policy`, `default_deny`, or the code with which the gateway refuses before it asks any policy. */
  reason: z.string(),
  action: z.enum(ACTIONS),
  /** What would be forwarded, null where nothing is. */
  forwarded: z.nullable(z.string()),
  /** What the gateway judges, in order, up to the first denial. Empty where it refuses before. */
  readings: z.array(judgedReading),
  determining: z.array(citedPolicy),
  erroring: z.array(z.object({ id: z.string(), message: z.string() })),
  /** Why, in sentences for people. */
  reasons: z.array(z.string()),
  /** The facts of the decisive reading, see `RequestFacts`; null where no policy was asked. */
  facts: z.nullable(z.looseObject({})),
  /** What the decision says besides, see `AccessDecision`; null where no policy was asked. */
  access: z.nullable(accessDecision),
  epoch: z.int(),
});
