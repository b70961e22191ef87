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
    ["https://acme.okta.com/oauth2/default", "okta"],
    ["https://acme.okta.com/oauth2/aus1a2b3c4d5e6f7g8h9", "okta"],
    ["https://acme.oktapreview.com", "okta"],
    ["https://acme.eu.auth0.com/", "auth0"],
    ["https://acme.auth0.com/", "auth0"],
    ["https://id.example.com/realms/acme", "keycloak"],
    ["https://id.example.com/auth/realms/acme", "keycloak"],
    ["https://id.example.com/application/o/rustronaut/", "authentik"],
    ["https://acme-x1.zitadel.cloud", "zitadel"],
    ["https://acme-x1y2z3.us1.zitadel.cloud", "zitadel"],
    ["https://gitlab.com", "gitlab"],
    ["https://github.com", "github"],
    ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", "cognito"],
    ["https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", "cognito"],
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

  // Where each provider's own documentation says that its metadata are (OpenID Connect Discovery 1.0, section 4).
  it.each([
    ["google", {}, "https://accounts.google.com/.well-known/openid-configuration"],
    [
      "entra",
      { TENANT: "6f1c2d3e" },
      "https://login.microsoftonline.com/6f1c2d3e/v2.0/.well-known/openid-configuration",
    ],
    ["okta", { ORGANISATION: "acme" }, "https://acme.okta.com/.well-known/openid-configuration"],
    ["auth0", { TENANT: "acme", REGION: "eu" }, "https://acme.eu.auth0.com/.well-known/openid-configuration"],
    [
      "keycloak",
      { HOST: "id.example.com", REALM: "acme" },
      "https://id.example.com/realms/acme/.well-known/openid-configuration",
    ],
    [
      "authentik",
      { HOST: "id.example.com", SLUG: "rn" },
      "https://id.example.com/application/o/rn/.well-known/openid-configuration",
    ],
    ["zitadel", { INSTANCE: "acme" }, "https://acme.zitadel.cloud/.well-known/openid-configuration"],
    ["gitlab", {}, "https://gitlab.com/.well-known/openid-configuration"],
    [
      "cognito",
      { REGION: "eu-west-1", POOL: "eu-west-1_AbCdEfGhI" },
      "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/.well-known/openid-configuration",
    ],
  ])("%s publishes its metadata where its documentation says", (id, values, address) => {
    const preset = PROVIDER_PRESETS.find((one) => one.id === id);
    const issuer = Object.entries(values).reduce(
      (text, [word, value]) => text.replace(word, value),
      preset?.issuer ?? "",
    );
    expect(placeholdersOf(issuer)).toEqual([]);
    expect(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`).toBe(address);
    expect(presetOf({ kind: "oidc", issuer })).toBe(preset);
  });

  it.each(PROVIDER_PRESETS.map((preset) => [preset.id, preset]))(
    "%s says what each part means that is to be filled in, what to do there, and how groups come",
    (_, { issuer, settings, steps, groups }) => {
      const said = `${steps.join(" ")} ${groups}`;
      for (const word of placeholdersOf(issuer + settings.groupsClaim)) expect(said).toContain(word);
      expect(steps.length).toBeGreaterThan(1);
      expect(groups).not.toBe("");
    },
  );

  it("name the address to register, and what stands for a part of an issuer", () => {
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
