import { describe, expect, it } from "vitest";
import type { ComponentDocument, ComponentRule } from "../../../shared/node/config/types.ts";
import {
  FILTER_FORMAT,
  type FilterConfig,
  judgeRuleset,
  rulesetDigest,
  withoutPeers,
} from "../../../shared/node/ruleset.ts";
import { addPackets, believedHits, joinHits, MOST_PACKETS } from "../../../shared/segments/hits.ts";
import { manifestOf, peerOf } from "../segments/documents.ts";

const NOON = 1_800_000_000_000;
const WEB: ComponentRule = {
  id: "rul_web",
  name: "web",
  traffic: [{ protocol: "tcp", ports: [[443, 443]] }],
};

const configOf = (rules: readonly ComponentRule[] = [WEB], grant = "rul_web"): FilterConfig => ({
  manifest: manifestOf({ forwards: ["10.0.0.0/8"] }),
  component: {
    type: "component",
    network: "net_1",
    segment: "seg_1",
    revision: 1,
    rules,
  } as ComponentDocument,
  peers: [peerOf({ inbound: [{ rule: grant }], outbound: [{ rule: grant, to: ["10.1.0.0/16"] }] })],
});
const reportOf = (config: FilterConfig, now = NOON) => ({
  format: FILTER_FORMAT,
  digest: rulesetDigest(config, now),
  manifest: "m",
});

describe("the digest of the ruleset in force", () => {
  it("is this for this config: raise FILTER_FORMAT whenever it becomes another one", () => {
    expect([FILTER_FORMAT, rulesetDigest(configOf(), NOON)]).toEqual([
      1,
      "cFWrmRsbwASA97AI6JV9sMid1CuMSqBWcMgVGMldDpE",
    ]);
  });

  it("is the same at both ends, and another one for any other filter", () => {
    const config = configOf();
    expect(judgeRuleset(reportOf(config), config, NOON)).toBe("as_compiled");
    const others: FilterConfig[] = [
      configOf([{ ...WEB, traffic: [{ protocol: "tcp", ports: [[443, 444]] }] }]),
      configOf([{ ...WEB, effect: "deny" }]),
      { ...config, peers: [peerOf({ node: "nod_3", ipv4: "100.64.0.3", inbound: [{ rule: "rul_web" }] })] },
      { ...config, manifest: manifestOf({ ipv4: "100.64.0.9" }) },
      { ...config, manifest: { ...config.manifest, probes: true } },
    ];
    for (const other of others) expect(judgeRuleset(reportOf(other), config, NOON)).toBe("differs");
  });

  it("tells a node that is shut, one that knows nothing, and one in another format apart", () => {
    const config = configOf();
    expect(judgeRuleset(reportOf(withoutPeers(config)), config, NOON)).toBe("shut");
    expect(judgeRuleset(null, config, NOON)).toBe("differs");
    expect(judgeRuleset({ ...reportOf(config), format: FILTER_FORMAT + 1 }, config, NOON)).toBe(
      "not_comparable",
    );
  });

  it("may be late by a moment where a rule begins or ends, and no more", () => {
    const config = configOf([{ ...WEB, notAfter: NOON }]);
    const before = reportOf(config, NOON - 1_000);
    expect(judgeRuleset(before, config, NOON - 500)).toBe("as_compiled");
    expect(judgeRuleset(before, config, NOON + 60_000)).toBe("as_compiled");
    expect(judgeRuleset(before, config, NOON + 100_000)).toBe("differs");
    expect(judgeRuleset(reportOf(config, NOON + 1), config, NOON + 100_000)).toBe("as_compiled");
  });
});

describe("hits of rules", () => {
  it("are believed for rules of the node's config, clipped, once each", () => {
    const hits = [
      { rule: "rul_web", packets: Number.MAX_SAFE_INTEGER },
      { rule: "rul_other", packets: 7 },
      { rule: "rul_web", packets: 5 },
      { rule: "rul_idle", packets: 0 },
    ];
    expect(believedHits(hits, new Set(["rul_web", "rul_idle"]))).toEqual([{ rule: "rul_web", packets: 5 }]);
    expect(believedHits(hits.slice(0, 2), new Set(["rul_web"]))).toEqual([
      { rule: "rul_web", packets: MOST_PACKETS },
    ]);
  });

  it("of several segments add up, and stay where they can't be counted further", () => {
    const hit = (packets: number, lastHitAt: number) => ({ rule: "r", packets, lastHitAt });
    expect([...joinHits([hit(3, 9), hit(4, 7)]).values()]).toEqual([hit(7, 9)]);
    expect(addPackets(Number.MAX_SAFE_INTEGER, 5)).toBe(Number.MAX_SAFE_INTEGER);
  });
});
