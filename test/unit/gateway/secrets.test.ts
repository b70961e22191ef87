import { describe, expect, test } from "vitest";
import type { Bindings } from "../../../workers/platform/env.ts";
import { seal, unseal } from "../../../workers/platform/secrets.ts";

const withKey = (secretKey: string) => ({ secretKey }) as Bindings;
const bindings = withKey("dGVzdC1vbmx5LWtleS1vZi10aGlydHktdHdvLWJ5dGU");

describe("sealed secrets", () => {
  test("open in their own context, under their own key", async () => {
    const sealed = await seal(bindings, "schlüssel", "idp:1");
    expect(sealed).not.toContain("schl");
    expect(await unseal(bindings, sealed, "idp:1")).toBe("schlüssel");
    await expect(unseal(bindings, sealed, "idp:2")).rejects.toThrow();
    await expect(unseal(withKey("b3RoZXIga2V5"), sealed, "idp:1")).rejects.toThrow();
    await expect(unseal(bindings, `${sealed.slice(0, -2)}AA`, "idp:1")).rejects.toThrow();
    await expect(unseal(bindings, "v1..", "idp:1")).rejects.toThrow();
  });

  test("never look the same twice", async () => {
    expect(await seal(bindings, "x", "c")).not.toBe(await seal(bindings, "x", "c"));
  });
});
