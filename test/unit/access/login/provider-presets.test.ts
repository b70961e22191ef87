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
  ])("%s is told to be %s", (issuer, id) =>
    expect(presetOf({ kind: id === "github" ? "github" : "oidc", issuer }).id).toBe(id),
  );

  it("are told by the kind alone where it is no OpenID", () => {
    expect(presetOf({ kind: "github", issuer: "https://github.acme.example" }).id).toBe("github");
    expect(presetOf({ kind: "saml", issuer: "https://acme.okta.com" }).id).toBe("saml");
    expect(presetOf({ kind: "email", issuer: "" }).id).toBe("email");
  });

  it.each(PROVIDER_PRESETS.map((preset) => [preset.id, preset]))(
    "%s makes settings that the hub takes once its placeholders are filled in",
    (_, { issuer, settings, title }) => {
      const body = {
        name: title,
        issuer: issuer === "" || issuer === "https://" ? "https://id.example.com" : issuer,
        clientId: "x",
      };
      expect(identityProviderCreate.safeParse({ ...body, ...settings }).success).toBe(true);
    },
  );

  it("name the address to register, and explain each placeholder", () => {
    for (const preset of PROVIDER_PRESETS) {
      const text = stepsOf(preset, "https://auth.example.com").join(" ");
      expect(text, preset.id).not.toMatch(/[{}]/);
      const address = { saml: "/.rustronaut/saml/acs", email: "MAIL_URL" }[preset.id];
      expect(text, preset.id).toContain(address ?? "https://auth.example.com/.rustronaut/callback");
    }
    expect(placeholdersOf("https://login.microsoftonline.com/TENANT/v2.0")).toEqual(["TENANT"]);
    expect(placeholdersOf("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI")).toEqual([]);
  });
});
