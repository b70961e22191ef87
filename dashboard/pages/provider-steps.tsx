import { type ProviderPreset, stepsOf } from "../../shared/access/login/provider-presets.ts";
import { CopyText } from "../components/copy-text.tsx";

interface ProviderSteps {
  readonly preset: ProviderPreset;
  readonly authOrigin: string;
}

/** What to do at the provider, and how its groups come. */
export function ProviderSteps({ preset, authOrigin }: ProviderSteps) {
  const redirectUri = `${authOrigin}/.rustronaut/callback`;
  return (
    <section className="card">
      <h2>{preset.id === "other" ? "At the provider" : `At ${preset.title}`}</h2>
      <ol>
        {stepsOf(preset, redirectUri).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <CopyText label="redirect address" text={redirectUri} />
      {preset.kind === "oidc" && (
        <>
          <p className="spaced">So that signing out there ends the sessions here (back-channel logout):</p>
          <CopyText label="logout address" text={`${authOrigin}/.rustronaut/backchannel-logout`} />
        </>
      )}
      <h3 className="spaced">Groups</h3>
      <p>{preset.groups}</p>
    </section>
  );
}
