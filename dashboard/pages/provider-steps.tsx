import { BACKCHANNEL_LOGOUT, CALLBACK, SAML_ACS, SAML_METADATA } from "../../shared/access/login/paths.ts";
import type { ProviderKind } from "../../shared/access/login/provider-kinds.ts";
import { type ProviderPreset, stepsOf } from "../../shared/access/login/provider-presets.ts";
import { CopyText } from "../components/copy-text.tsx";

/** What a person copies to the provider, by the kind of it. */
const ADDRESSES: Readonly<Record<ProviderKind, readonly (readonly [label: string, path: string])[]>> = {
  oidc: [["redirect address", CALLBACK]],
  github: [["redirect address", CALLBACK]],
  saml: [
    ["entity id and metadata", SAML_METADATA],
    ["ACS address", SAML_ACS],
  ],
  email: [],
};
/** Presets that are no product. */
const NAMELESS: ReadonlySet<string> = new Set(["other", "saml", "email"]);

interface ProviderSteps {
  readonly preset: ProviderPreset;
  readonly authOrigin: string;
}

/** What to do at the provider, and how its groups come. */
export function ProviderSteps({ preset, authOrigin }: ProviderSteps) {
  const addresses = ADDRESSES[preset.kind];
  return (
    <section className="card">
      <h2>{NAMELESS.has(preset.id) ? "What to do first" : `At ${preset.title}`}</h2>
      <ol>
        {stepsOf(preset, authOrigin).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {addresses.map(([label, path]) => (
        <CopyText key={path} label={label} text={authOrigin + path} />
      ))}
      {preset.kind === "oidc" && (
        <>
          <p className="spaced">So that signing out there ends the sessions here (back-channel logout):</p>
          <CopyText label="logout address" text={authOrigin + BACKCHANNEL_LOGOUT} />
        </>
      )}
      <h3 className="spaced">Groups</h3>
      <p>{preset.groups}</p>
    </section>
  );
}
