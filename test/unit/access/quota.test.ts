import { describe, expect, test } from "vitest";
import { DenialStorms } from "../../../shared/access/denial-storm.ts";
import { leaseSize, Quotas } from "../../../shared/access/quota.ts";

describe("the quotas of an app", () => {
  test("grant a minute's requests at once, then as they grow back, and record one refusal a minute", () => {
    const quotas = new Quotas();
    const take = (now: number, wanted = 1) => quotas.take("ses_1", wanted, 6, now);
    for (let i = 0; i < 6; i++) expect(take(0)).toMatchObject({ granted: 1 });
    expect(take(0)).toEqual({ granted: 0, waitSeconds: 10, isRecorded: true });
    expect(take(1_000)).toEqual({ granted: 0, waitSeconds: 9, isRecorded: false });
    expect(take(10_000)).toMatchObject({ granted: 1 });
    expect(take(10_000)).toMatchObject({ granted: 0, isRecorded: false });
    expect(take(19_000)).toMatchObject({ granted: 0, isRecorded: false });
    expect(quotas.take("ses_2", 1, 6, 19_000)).toMatchObject({ granted: 1 });
    // Another minute: the next refusal is recorded again.
    expect([take(70_000, 6), take(70_000)]).toMatchObject([{ granted: 6 }, { granted: 0, isRecorded: true }]);
  });
  test("leases never grant more than the quota, whoever asks how often", () => {
    const quotas = new Quotas();
    let granted = 0;
    for (let i = 0; i < 1_000; i++) granted += quotas.take("app", leaseSize(100), 100, 0).granted;
    expect(granted).toBe(100);
    expect([leaseSize(1), leaseSize(19), leaseSize(200)]).toEqual([1, 1, 10]);
  });
});

test("who is denied all the time is refused unheard until the minute is over, and nobody else", () => {
  const storms = new DenialStorms();
  for (let i = 0; i < 4; i++) storms.note("ses_1", i * 1_000);
  expect(storms.waitSeconds("ses_1", 4, 4_000)).toBe(0);
  storms.note("ses_1", 4_000);
  expect(storms.waitSeconds("ses_1", 4, 4_000)).toBe(56);
  expect(storms.waitSeconds("ses_1", 0, 4_000)).toBe(0);
  expect(storms.waitSeconds("ses_2", 4, 4_000)).toBe(0);
  expect(storms.waitSeconds("ses_1", 4, 60_000)).toBe(0);
  storms.note("ses_1", 60_000);
  expect(storms.waitSeconds("ses_1", 4, 60_000)).toBe(0);
  // The next minute is counted anew, and as long.
  for (let i = 0; i < 4; i++) storms.note("ses_1", 61_000);
  expect(storms.waitSeconds("ses_1", 4, 62_000)).toBe(58);
});
