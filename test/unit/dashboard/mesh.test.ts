import { describe, expect, it } from "vitest";
import { formatBytes, formatLength } from "../../../dashboard/lib/format.ts";
import { keyState } from "../../../dashboard/lib/key-state.ts";
import { localInput, readLocalInput } from "../../../dashboard/lib/local-input.ts";
import { readNodeFields } from "../../../dashboard/lib/node-fields.ts";
import { receiptInWords } from "../../../dashboard/lib/receipt.ts";
import { linesOf, problemOf } from "../../../dashboard/lib/rule-text.ts";
import { rootUrgency, summariseRoot } from "../../../dashboard/lib/trust.ts";

const DAY = 86_400_000;

describe("lengths and bytes", () => {
  it("are said in their largest whole unit", () => {
    expect([0, 999, 1_000, 59_999, 60_000, 7_200_000, 3 * DAY].map(formatLength)).toEqual([
      "0 s",
      "0 s",
      "1 s",
      "59 s",
      "1 min",
      "2 h",
      "3 d",
    ]);
  });

  it("bytes keep three figures", () => {
    expect([0, 1, 1_023, 1_024, 1_536, 15_360, 150 * 1_024, 5 * 1_024 ** 3].map(formatBytes)).toEqual([
      "0 B",
      "1 B",
      "1023 B",
      "1.00 KiB",
      "1.50 KiB",
      "15.0 KiB",
      "150 KiB",
      "5.00 GiB",
    ]);
  });
});

describe("enrolment keys", () => {
  const key = { uses: 0, maxUses: 1, expiresAt: 100, revokedAt: null };
  it("say why they let nobody in", () => {
    expect(keyState(key, 99)).toBe("usable");
    expect(keyState(key, 100)).toBe("expired");
    expect(keyState({ ...key, uses: 1 }, 99)).toBe("used up");
    expect(keyState({ ...key, uses: 1, revokedAt: 5 }, 200)).toBe("revoked");
  });
});

describe("receipts of revocations", () => {
  const receipt = { concerned: 10_000, acknowledged: 9_996, acknowledgedWithinMs: 2_100, goneAt: 1 };
  it("say who still may hold the node", () => {
    expect(receiptInWords(receipt)).toMatch(
      /^Gone on 9,996 of 10,000 nodes in 2\.1 s; the other 4 may hold it until /,
    );
    expect(receiptInWords({ ...receipt, acknowledged: 10_000, goneAt: null })).toBe(
      "Gone on 10,000 of 10,000 nodes in 2.1 s.",
    );
    expect(receiptInWords({ concerned: 1, acknowledged: 0, acknowledgedWithinMs: null, goneAt: null })).toBe(
      "Gone on 0 of 1 nodes; the other one may hold it.",
    );
    expect(receiptInWords({ ...receipt, concerned: 0, acknowledged: 0 })).toBe("No node had it as a peer.");
  });
});

describe("the text of rules", () => {
  it("takes one entry a line and keeps commas inside", () => {
    expect(linesOf(" tcp/80,443 \n\n udp/53")).toEqual(["tcp/80,443", "udp/53"]);
  });

  it("says what is wrong, in the words of the parser", () => {
    expect(problemOf("from", "tag:web\nsegment:main")).toBeUndefined();
    expect(problemOf("traffic", "tcp/80,443\nicmp")).toBeUndefined();
    expect(problemOf("to", "internet")).toBeUndefined();
    expect(problemOf("from", "internet")).toContain("destination only");
    expect(problemOf("traffic", "any\ntcp/0")).toContain("there is no port 0");
    expect(problemOf("to", " \n")).toContain("at least one");
    expect(problemOf("to", "any\n".repeat(65))).toContain("at most 64");
  });
});

describe("a change of a node", () => {
  const before = {
    name: "web",
    segment: "main",
    tags: ["a", "b"],
    user: "ada@example.com",
    relay: "off",
    expiresAt: 90_000_000,
  } as const;
  const form = (fields: Record<string, string>) => {
    const data = new FormData();
    const unchanged = {
      name: "web",
      segment: "main",
      tags: "a, b",
      user: "ada@example.com",
      relay: "off",
      expiresAt: localInput(before.expiresAt),
    };
    for (const [name, value] of Object.entries({ ...unchanged, ...fields })) data.set(name, value);
    return data;
  };

  it("holds only what differs, and clears what was emptied", () => {
    expect(readNodeFields(form({}), before)).toEqual({});
    expect(readNodeFields(form({ name: " db ", tags: "" }), before)).toEqual({ name: "db", tags: [] });
    expect(readNodeFields(form({ relay: "drain" }), before)).toEqual({ relay: "drain" });
    expect(readNodeFields(form({ user: "", expiresAt: "" }), before)).toEqual({
      user: null,
      expiresAt: null,
    });
  });

  it("reads a date as it is written", () => {
    expect(localInput(null)).toBe("");
    expect(readLocalInput("")).toBeNull();
    expect(readLocalInput(localInput(90_000_000))).toBe(90_000_000);
  });
});

describe("the summary of a root", () => {
  const root = {
    version: 3,
    issuedAt: 1,
    expiresAt: 2,
    roles: { root: { threshold: 2, keyIds: ["a", "b", "c"] } },
  };
  it("reads the payload of the envelope, and nothing of what is none", () => {
    expect(summariseRoot(JSON.stringify({ payload: btoa(JSON.stringify(root)) }))).toEqual({
      version: 3,
      issuedAt: 1,
      expiresAt: 2,
      threshold: 2,
      rootKeys: 3,
    });
    for (const wrong of ["", "null", "{}", JSON.stringify({ payload: "%" })]) {
      expect(summariseRoot(wrong)).toBeNull();
    }
  });

  it("warns a month ahead", () => {
    expect(rootUrgency(100 * DAY, 0)).toBe("good");
    expect(rootUrgency(29 * DAY, 0)).toBe("warn");
    expect(rootUrgency(DAY, DAY)).toBe("bad");
  });
});
