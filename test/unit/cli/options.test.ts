import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addFieldOptions, fieldsOf } from "../../../cli/command-options.ts";
import { appUpdate, identityProviderCreate } from "../../../shared/api/registry.ts";

describe("the options of a command", () => {
  const command = new Command();
  addFieldOptions(command, fieldsOf(identityProviderCreate));
  const described = (flag: string) => command.options.find(({ long }) => long === flag)?.description;

  it("say what they mean, in the words of the API, and how they are written", () => {
    expect(described("--issuer")).toBe(
      "its URL, as its discovery document names it; of GitHub Enterprise, its origin; of SAML, the entity id",
    );
    expect(described("--email-verified")).toBe(
      "whether to trust an address of which it does not say that it is verified",
    );
    expect(described("--trusted-audiences")).toBe(
      "what an ID token may name besides the client id; separated by commas; replaces the list",
    );
    expect(described("--recheck-minutes")).toMatch(/^minutes between .*; a number$/);
  });

  it("take a setting that is a list of more than words as JSON, and words by commas", () => {
    const update = new Command().exitOverride();
    addFieldOptions(update, fieldsOf(appUpdate));
    const point = { risk: 50, idleSeconds: 60, absoluteSeconds: 600 };
    update.parse(["--settings", `riskCurve=${JSON.stringify([point])}`, "clientHeaders=a,b"], {
      from: "user",
    });
    expect(update.opts().settings).toEqual({ riskCurve: [point], clientHeaders: ["a", "b"] });
    update.configureOutput({ writeErr: () => {} });
    expect(() => update.parse(["--settings", "riskCurve=[oops"], { from: "user" })).toThrow("is none");
  });

  it("are asked for where the API needs them, and only there", () => {
    // What else a provider needs depends on its kind: the hub says.
    expect(command.options.filter(({ mandatory }) => mandatory).map(({ long }) => long)).toEqual(["--name"]);
    expect(described("--name")).toMatch(/^required; /);
  });
});
