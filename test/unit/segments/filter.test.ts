import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  ComponentDocument,
  ComponentRule,
  Grant,
  PeerDocument,
  Traffic,
} from "../../../shared/node/config/types.ts";
import { renderFilter, timed } from "../../../shared/node/filter.ts";
import { where } from "../../support/needs.ts";
import { manifestOf, peerOf } from "./documents.ts";

const SEED = 20261124;
/** A namespace of its own, so that even a broken check loads nothing anywhere. */
const check = (ruleset: string) =>
  spawnSync("unshare", ["-n", "nft", "-c", "-f", "-"], { input: ruleset, encoding: "utf8" });

const componentOf = (...traffic: readonly (readonly Traffic[])[]): ComponentDocument => ({
  type: "component",
  network: "net_1",
  segment: "seg_1",
  revision: 1,
  rules: traffic.map((each, i) => ({ id: `r${i}`, name: `rule ${i}`, traffic: each })),
});
const TCP_443: Traffic = { protocol: "tcp", ports: [[443, 443]] };
const render = (
  peers: readonly PeerDocument[],
  { component = componentOf([TCP_443]), forwards = [] as string[], interfaceName = "wg0" } = {},
): string =>
  renderFilter({
    interfaceName,
    port: 51_820,
    mark: 7,
    now: 0,
    servesContainers: false,
    manifest: manifestOf({ forwards }),
    component,
    peers,
  });
const jumps = (ruleset: string): number => ruleset.match(/jump rule_/g)?.length ?? 0;

describe("the ruleset", () => {
  test("is one transaction on one table, and without peers permits nothing", () => {
    const ruleset = render([]);
    expect(ruleset.split("\n").slice(0, 3)).toEqual([
      "add table inet rustronaut-wg0",
      "delete table inet rustronaut-wg0",
      "table inet rustronaut-wg0 {",
    ]);
    expect(ruleset.match(/^\S.*/gm)).toHaveLength(4);
    expect(jumps(ruleset)).toBe(0);
  });

  test("another peer is another element and no other rule", () => {
    const peers = [2, 3, 4].map((host) =>
      peerOf({ ipv4: `100.64.0.${host}`, ipv6: `fd00::${host}`, inbound: [{ rule: "r0" }] }),
    );
    const withoutSets = (ruleset: string) => ruleset.split("\n").filter((line) => !/^ {2}set /.test(line));
    expect(withoutSets(render(peers))).toEqual(withoutSets(render(peers.slice(1))));
    expect(render(peers)).toContain("elements = { 100.64.0.2, 100.64.0.3, 100.64.0.4 }");
    expect(render(peers.toReversed())).toBe(render(peers));
  });

  test("looks at what is denied before anything that is allowed, in each direction", () => {
    for (const [chain, denied] of [
      ["by_peer", "denied_to_peer"],
      ["by_peer_to_us", "denied_to_peer"],
      ["by_us", "denied_to_us"],
    ] as const) {
      expect(render([])).toMatch(new RegExp(`chain ${chain} \\{\n    jump ${denied}\n    jump opened_by_`));
    }
  });

  test("masquerades on forwarding nodes only", () => {
    expect(render([])).not.toContain("masquerade");
    expect(render([], { forwards: ["10.0.0.0/8"] })).toContain('iifname "wg0" oifname != "wg0" masquerade');
  });

  test.each<[string, Grant, string[], number]>([
    ["cites no rule of the component", { rule: "r9" }, [], 0],
    [
      "opens a block that the node may not forward to",
      { rule: "r0", to: ["10.0.0.0/8"] },
      ["10.0.0.0/16"],
      0,
    ],
    ["opens a block under an exit route", { rule: "r0", to: ["10.0.0.0/8"] }, ["0.0.0.0/0"], 0],
    ["opens the Internet of a node that is no exit", { rule: "r0", to: ["0.0.0.0/0"] }, ["10.0.0.0/8"], 0],
    ["comes from everywhere", { rule: "r0", from: ["0.0.0.0/0"] }, [], 0],
    ["has no destination", { rule: "r0", to: [] }, ["10.0.0.0/8"], 0],
    ["opens a block", { rule: "r0", to: ["10.0.0.0/8"] }, ["10.0.0.0/8"], 1],
    ["opens the Internet", { rule: "r0", to: ["0.0.0.0/0"] }, ["0.0.0.0/0"], 1],
    ["opens the node in both families", { rule: "r0" }, [], 2],
  ])("a grant that %s", (_, grant, forwards, expected) => {
    expect(jumps(render([peerOf({ inbound: [grant] })], { forwards }))).toBe(expected);
  });

  test("no names of a document get into the text, and no ids but those of rules", () => {
    const evil = 'x"; flush ruleset; #\n} table inet y {';
    const component: ComponentDocument = {
      ...componentOf(),
      network: evil,
      segment: evil,
      rules: [{ id: "r0", name: evil, traffic: [TCP_443] }],
    };
    const peer = peerOf({ node: evil, name: evil, network: evil, record: evil, inbound: [{ rule: "r0" }] });
    const ruleset = renderFilter({
      interfaceName: "wg0",
      port: 51_820,
      mark: 7,
      now: 0,
      servesContainers: false,
      manifest: manifestOf({ name: evil, domain: evil, node: evil }),
      component,
      peers: [peer],
    });
    expect(jumps(ruleset)).toBe(2);
    expect(ruleset).not.toMatch(/flush|table inet y|"x/);
  });

  test.each<[string, () => string]>([
    ["interface", () => render([], { interfaceName: 'wg0" accept #' })],
    ["interface", () => render([], { interfaceName: "-wg0" })],
    ["interface", () => render([], { interfaceName: "a-name-too-long0" })],
    ["address", () => render([peerOf({ ipv4: "100.64.0.2, 0.0.0.0/0" })])],
    ["address", () => render([peerOf({ ipv6: "::ffff:100.64.0.2" })])],
    ["prefix", () => render([peerOf({ inbound: [{ rule: "r0", from: ["10.0.0.0/8 accept"] }] })])],
    [
      "id",
      () => {
        const id = 'x"; flush ruleset; #\n} table inet y {';
        const component = { ...componentOf(), rules: [{ id, name: "a", traffic: [TCP_443] }] };
        return render([peerOf({ inbound: [{ rule: id }] })], { component });
      },
    ],
    ["prefix", () => render([], { forwards: ["everything"] })],
    ["range of ports", () => rendered({ protocol: "tcp", ports: [[0, 80]] })],
    ["range of ports", () => rendered({ protocol: "tcp", ports: [[90, 80]] })],
    ["range of ports", () => rendered({ protocol: "udp", ports: [[1.5, 80]] })],
    ["range of ports", () => rendered({ protocol: "udp", ports: [["80 } accept #" as never, 80]] })],
    ["protocol", () => rendered({ protocol: "sctp" as never, ports: [] })],
  ])("a malformed %s is an error", (what, act) => expect(act).toThrow(`is no ${what}`));

  const rendered = (traffic: Traffic): string =>
    render([peerOf({ inbound: [{ rule: "r0" }] })], { component: componentOf([traffic]) });
});

const prefixes = fc.subarray(
  [
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.0/24",
    "192.168.0.1/32",
    "fd12::/16",
    "fd12:1::/32",
    "0.0.0.0/0",
    "::/0",
  ],
  { minLength: 1 },
);
const anyGrant: fc.Arbitrary<Grant> = fc.record(
  { rule: fc.constantFrom("r0", "r1", "r2", "r3", "r4"), from: prefixes, to: prefixes },
  { requiredKeys: ["rule"] },
);
const anyPeer = fc
  .tuple(
    fc.integer({ min: 2, max: 60 }),
    fc.array(anyGrant, { maxLength: 6 }),
    fc.array(anyGrant, { maxLength: 6 }),
  )
  .map(([host, inbound, outbound]) =>
    peerOf({ ipv4: `100.64.0.${host}`, ipv6: `fd00::${host.toString(16)}`, inbound, outbound }),
  );
const COMPONENT = componentOf(
  [TCP_443, { protocol: "icmp", ports: [] }],
  [{ protocol: "any", ports: [] }],
  [{ protocol: "udp", ports: [] }],
  [{ protocol: "tcp", ports: [[1, 65_535]] }],
  [
    {
      protocol: "udp",
      ports: [
        [1, 1],
        [3, 9],
        [65_535, 65_535],
      ],
    },
  ],
);

where("root", "namespaces", "tools").describe("nft", () => {
  test("takes whatever the documents say", () => {
    fc.assert(
      fc.property(fc.array(anyPeer, { maxLength: 8 }), prefixes, (peers, forwards) => {
        const { status, stderr } = check(render(peers, { component: COMPONENT, forwards }));
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test("loads nothing that a document smuggles in: it is left out of the text, or the text is not made", () => {
    const smuggled = fc.constantFrom(
      ...[
        '"; flush ruleset; "',
        "x\n}\ntable inet evil {",
        "10.0.0.0/8 accept #",
        "$(id)",
        "@internet4",
        "100.64.0.9, 0.0.0.0/0",
      ],
      ...[
        "65535 } accept #",
        "\u202etxen",
        "nod\u200d_2",
        "n\u00f6d",
        "no\u0308d",
        "\ufeffr0",
        "r0\0",
        "__proto__",
        "constructor",
      ],
    );
    const part = fc.oneof(
      smuggled,
      fc.tuple(smuggled, fc.string()).map((texts) => texts.join("")),
    );
    const rule: fc.Arbitrary<ComponentRule> = fc.record(
      { id: part, name: part, traffic: fc.constant([TCP_443]), log: fc.constant(true as const) },
      { requiredKeys: ["id", "name", "traffic"] },
    );
    const peer = fc
      .record(
        { node: part, name: part, record: part, ipv4: part, endpoints: fc.array(part) },
        { requiredKeys: [] },
      )
      .chain((more) =>
        part.map((id) => peerOf({ ...more, inbound: [{ rule: id }, { rule: "r0", from: [id] }] })),
      );
    let rendered = 0;
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 3 }),
        fc.array(peer, { maxLength: 3 }),
        part,
        (rules, peers, text) => {
          const cited = rules.flatMap(({ id }) => [peerOf({ node: text, inbound: [{ rule: id }] })]);
          const component = {
            ...componentOf([TCP_443]),
            rules: [...componentOf([TCP_443]).rules, ...rules],
            segment: text,
          };
          let ruleset: string;
          try {
            ruleset = render([...peers, ...cited], { component });
          } catch (error) {
            expect(String(error)).toMatch(/is no (address|prefix|id)/);
            return;
          }
          rendered++;
          expect(ruleset).not.toMatch(/flush|evil|accept #|\$\(|[^\n\x20-\x7e]/);
          const { status, stderr } = check(ruleset);
          expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        },
      ),
      { seed: SEED, numRuns: 120 },
    );
    expect(rendered).toBeGreaterThan(10);
  });

  test("takes a thousand peers", () => {
    const peers = Array.from({ length: 1_000 }, (_, i) =>
      peerOf({
        ipv4: `100.64.${i >> 8}.${i & 255}`,
        ipv6: `fd00::${(i + 1).toString(16)}`,
        inbound: [{ rule: "r0" }, { rule: "r1", to: ["10.0.0.0/8"] }],
        outbound: [{ rule: "r2" }],
      }),
    );
    expect(check(render(peers, { component: COMPONENT, forwards: ["10.0.0.0/8"] })).stderr).toBe("");
  });
});

describe("a rule with a time", () => {
  const rule = (more: Partial<ComponentRule>): string =>
    render([peerOf({ inbound: [{ rule: "r0" }], denied: { inbound: [{ rule: "r0" }], outbound: [] } })], {
      component: { ...componentOf([TCP_443]), rules: [{ id: "r0", name: "r", traffic: [TCP_443], ...more }] },
    });

  test("is the same text until it changes, and loads with the time that is left", () => {
    const text = rule({ notAfter: 90_000 });
    expect(text).toContain("elements = { ipv4 until 90000, ipv6 until 90000 }");
    expect(timed(text, 30_000)).toContain("elements = { ipv4 timeout 60000ms, ipv6 timeout 60000ms }");
    expect(timed(text, 90_001)).toContain("ipv4 timeout 1ms");
    expect(check(timed(text, 0)).stderr).toBe("");
  });

  test.each<[string, Partial<ComponentRule>, RegExp, boolean]>([
    ["allows until a moment", { notAfter: 9 }, /nfproto != @gate_0 return/, true],
    ["allowed until a moment", { notAfter: -1 }, /gate_0|tcp.* accept/, false],
    ["allows from a moment on", { notBefore: 9 }, /gate_0|tcp.* accept/, false],
    ["denies until a moment", { notAfter: 9, effect: "deny" }, /gate_0/, false],
    ["denies from a moment on", { notBefore: 9, effect: "deny" }, /nfproto @gate_0 return/, true],
    ["denied until a moment", { notAfter: -1, effect: "deny" }, /gate_0|tcp.* drop/, false],
  ])("that %s", (_, more, pattern, expected) => expect(pattern.test(rule(more))).toBe(expected));

  test("that is logged names its id and nothing else of the document", () => {
    const text = rule({ log: true, name: 'x" accept #' });
    expect(text).toContain(
      'ct state new limit rate 10/second burst 20 packets log prefix "rustronaut allow r0 "',
    );
    expect(check(text).stderr).toBe("");
    const evil = componentOf();
    expect(() =>
      render([peerOf({ inbound: [{ rule: 'x" accept #' }] })], {
        component: { ...evil, rules: [{ id: 'x" accept #', name: "r", traffic: [TCP_443], log: true }] },
      }),
    ).toThrow("is no id");
  });
});
