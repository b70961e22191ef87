import { describe, expect, it } from "vitest";
import {
  PROVIDER_PRESETS,
  placeholdersOf,
  presetOf,
  stepsOf,
} from "../../../../shared/access/login/provider-presets.ts";
import { identityProviderCreate } from "../../../../shared/api/registry.ts";

describe("U11: presets of identity providers", () => {
  it.each([
    ["https://accounts.google.com", "google"],
    ["https://login.microsoftonline.com/6f1c2d3e-0000-4000-8000-000000000000/v2.0", "entra"],
    ["https://acme.okta.com", "okta"],
    ["https://acme.eu.auth0.com/", "auth0"],
    ["https://id.example.com/realms/acme", "keycloak"],
    ["https://id.example.com/application/o/rustronaut/", "authentik"],
    ["https://acme-x1.zitadel.cloud", "zitadel"],
    ["https://gitlab.com", "gitlab"],
    ["https://github.com", "github"],
    ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", "cognito"],
    ["https://id.example.com", "other"],
    ["https://accounts.google.com.evil.example", "other"],
    ["https://evil.example/https://gitlab.com", "other"],
  ])("%s is told to be %s", (issuer, id) => expect(presetOf(issuer).id).toBe(id));

  it.each(PROVIDER_PRESETS.map((preset) => [preset.id, preset]))(
    "%s makes settings that the hub takes once its placeholders are filled in",
    (_, { issuer, settings, title }) => {
      const body = {
        name: title,
        issuer: `${issuer}${issuer === "https://" ? "id.example.com" : ""}`,
        clientId: "x",
      };
      expect(identityProviderCreate.safeParse({ ...body, ...settings }).success).toBe(true);
    },
  );

  it("name the address to register, and explain each placeholder", () => {
    for (const preset of PROVIDER_PRESETS) {
      const text = stepsOf(preset, "https://auth.example.com/cb").join(" ");
      expect(text).not.toContain("{redirect}");
      expect(text, preset.id).toContain("https://auth.example.com/cb");
    }
    expect(placeholdersOf("https://login.microsoftonline.com/TENANT/v2.0")).toEqual(["TENANT"]);
    expect(placeholdersOf("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI")).toEqual([]);
  });
});
