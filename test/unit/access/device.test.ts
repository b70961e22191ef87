import { describe, expect, it } from "vitest";
import {
  type Device,
  deviceFactsOf,
  PROOF_KEPT_MS,
  type ProvenDevice,
  versionOf,
} from "../../../shared/access/device/device.ts";
import { device } from "./sessions/fixtures.ts";

const NOW = 1_764_000_000_000;
const proven = (over: Partial<Device> = {}, more: Partial<ProvenDevice> = {}): ProvenDevice => ({
  device: device(over),
  provenAt: NOW - 5_000,
  sameAddress: true,
  ...more,
});
const POSTURE = { ...(device().posture as NonNullable<Device["posture"]>), measuredAt: NOW - 90_500 };

describe("what policies know of a session's device", () => {
  it("is what the machine claims, what others state, and how old both the proof and the claims are", () => {
    const stated = [
      { source: "intune", fact: "compliant", at: 0, expiresAt: NOW + 1 },
      { source: "edr", fact: "compliant", at: 0, expiresAt: NOW + 1 },
      { source: "edr", fact: "clean", at: 0, expiresAt: NOW },
    ];
    expect(deviceFactsOf(proven({ posture: POSTURE, stated }), "usr_1", NOW)).toEqual({
      id: "nod_1",
      name: "laptop",
      isOwned: true,
      proofAgeSeconds: 5,
      sameAddress: true,
      claims: {
        ageSeconds: 90,
        os: "debian",
        osVersion: { text: "13.1", major: 13, minor: 1, patch: 0 },
        agentVersion: { text: "0.1.0", major: 0, minor: 1, patch: 0 },
        diskEncrypted: true,
        firewallEnabled: true,
        // The machine could not find out.
        screenLock: false,
        checks: [],
      },
      stated: ["compliant", "edr:compliant", "intune:compliant"],
    });
  });

  it("is out of compliance as soon as anybody says so, whoever else states the contrary", () => {
    const fact = (source: string, fact: string, expiresAt = NOW + 1) => ({ source, fact, at: 0, expiresAt });
    const statedOf = (...stated: Device["stated"]) =>
      deviceFactsOf(proven({ posture: POSTURE, stated }), "usr_1", NOW)?.stated;
    const compliant = fact("intune", "compliant");
    expect(statedOf(compliant, fact("signal:edr", "not-compliant"), fact("intune", "managed"))).toEqual([
      "intune:managed",
      "managed",
      "not-compliant",
      "signal:edr:not-compliant",
    ]);
    // Taken back, and expired.
    expect(statedOf(compliant, fact("signal:edr", "not-compliant", NOW))).toEqual([
      "compliant",
      "intune:compliant",
    ]);
  });

  it.each([
    ["nothing was proven", undefined],
    ["the node is no approved member", proven({ isApproved: false })],
    ["it belongs to somebody else", proven({ ownerId: "usr_2" })],
    ["it never reported", proven({ posture: null })],
    ["the proof is too old", proven({}, { provenAt: NOW - PROOF_KEPT_MS })],
  ])("is nothing when %s", (_why, shown) => {
    expect(deviceFactsOf(shown, "usr_1", NOW)).toBeNull();
  });

  it("is not the user's own where the machine belongs to nobody", () => {
    expect(deviceFactsOf(proven({ ownerId: null }), "usr_1", NOW)).toMatchObject({ isOwned: false });
  });

  it("has numbers only where a version begins with some", () => {
    expect([versionOf("24.04"), versionOf("v2.1.10-rc1"), versionOf("rolling"), versionOf("")]).toEqual([
      { text: "24.04", major: 24, minor: 4, patch: 0 },
      { text: "v2.1.10-rc1", major: 2, minor: 1, patch: 10 },
      { text: "rolling", major: 0, minor: 0, patch: 0 },
      { text: "", major: 0, minor: 0, patch: 0 },
    ]);
  });
});
