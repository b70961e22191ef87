import { describe, expect, test } from "vitest";
import { hashSecret } from "../../../../shared/access/login/secret-hash.ts";
import { formatSessionCookie, parseSessionCookie } from "../../../../shared/access/login/session-cookie.ts";
import { nearestRegion, sessionOwner } from "../../../../shared/access/login/session-owner.ts";
import { isOwner } from "../../../../shared/access/sessions/owner.ts";

const SEGMENT = "seg_0123456789abcdefghjkmnpqrs";
const SECRET = "A".repeat(43);

describe("session cookie", () => {
  test("names the owner and proves the secret", () => {
    for (const owner of [`${SEGMENT}/weur/15`, "signin/me/0"]) {
      expect(parseSessionCookie(formatSessionCookie(owner, SECRET))).toEqual({
        owner,
        secretHash: hashSecret(SECRET),
      });
    }
  });

  test.each([
    "",
    SECRET,
    `signin.weur.16.${SECRET}`,
    `signin.weur.01.${SECRET}`,
    `signin.mars.1.${SECRET}`,
    `other.weur.1.${SECRET}`,
    `signin.weur.1.${SECRET}A`,
    `signin.weur.1.${SECRET.slice(1)}`,
    `signin.weur.1.${SECRET.slice(1)}%`,
    `../weur/1.${SECRET}`,
    "x".repeat(8_192),
  ])("S-24: %s proves nothing", (value) => {
    expect(parseSessionCookie(value)).toBeNull();
  });
});

describe("owner of a user's sessions", () => {
  test("is always the same, and spread over the shards", () => {
    const owners = Array.from({ length: 500 }, (_, i) => sessionOwner(SEGMENT, "weur", `usr_${i}`));
    expect(owners.every(isOwner)).toBe(true);
    expect(new Set(owners).size).toBe(16);
    expect(sessionOwner(SEGMENT, "weur", "usr_1")).toBe(owners[1]);
  });

  test("is near the user", () => {
    expect(nearestRegion({ continent: "NA", country: "US", longitude: "-122.4" })).toBe("wnam");
    expect(nearestRegion({ continent: "NA", country: "US", longitude: "-74.0" })).toBe("enam");
    expect(nearestRegion({ continent: "EU", country: "PL", longitude: "21.0" })).toBe("eeur");
    expect(nearestRegion({ continent: "AS", country: "AE", longitude: "55.3" })).toBe("me");
    expect(nearestRegion({ continent: "AN" })).toBe("weur");
    expect(nearestRegion({})).toBe("weur");
  });
});
