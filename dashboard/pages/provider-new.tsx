import { type FormEvent, useState } from "react";
import {
  PROVIDER_PRESETS,
  type ProviderPreset,
  placeholdersOf,
} from "../../shared/access/login/provider-presets.ts";
import { useApi, useWrite } from "../api.ts";
import { Field } from "../components/field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { navigate } from "../lib/router.ts";
import { ProviderFields, readProviderFields } from "./provider-fields.tsx";
import { ProviderSteps } from "./provider-steps.tsx";

const OTHER = PROVIDER_PRESETS.at(-1) as ProviderPreset;

/** Begins with whose product it is: that says what to do there, and most of what to enter here. */
export function NewProvider() {
  const [preset, setPreset] = useState<ProviderPreset | null>(null);
  const me = useApi("me.get", {});
  return (
    <>
      <PageHead title="Add an identity provider" />
      <div className="card form">
        <Field label="Who signs people in">
          {(c) => (
            <select
              {...c}
              value={preset?.id ?? ""}
              onChange={(event) =>
                setPreset(PROVIDER_PRESETS.find(({ id }) => id === event.target.value) ?? null)
              }
            >
              <option value="">Choose</option>
              {PROVIDER_PRESETS.map(({ id, title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {preset && (
        <Loaded query={me}>
          {({ network }) => <ProviderSteps preset={preset} authOrigin={network.authOrigin} />}
        </Loaded>
      )}
      {preset && <ProviderForm key={preset.id} preset={preset} />}
    </>
  );
}

function ProviderForm({ preset }: { readonly preset: ProviderPreset }) {
  const create = useWrite("identityProviders.create");
  const [missing, setMissing] = useState<readonly string[]>([]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const body = readProviderFields(new FormData(form));
    const left = placeholdersOf(`${body.issuer ?? ""} ${body.groupsClaim ?? ""}`);
    const unfilled = left.filter((word) =>
      placeholdersOf(preset.issuer + preset.settings.groupsClaim).includes(word),
    );
    setMissing(unfilled);
    if (unfilled.length > 0) return;
    create.mutate({ body, note: noteOf(form) }, { onSuccess: ({ id }) => navigate("providers", id, "test") });
  };
  return (
    <form className="card form" onSubmit={submit}>
      <Failure error={create.error} />
      {missing.length > 0 && (
        <div className="notice bad" role="alert">
          <strong>Something is still to be filled in</strong>
          <div>Put your own value in the place of {missing.join(" and ")}.</div>
        </div>
      )}
      <ProviderFields
        provider={{
          ...preset.settings,
          kind: preset.kind,
          name: preset === OTHER ? "" : preset.title,
          issuer: preset.issuer,
          clientId: "",
          hasClientSecret: false,
          trustedAudiences: [],
          allowedDomains: [],
          organizations: [],
          guestDays: null,
          metadata: "",
          metadataUrl: null,
          recheckMinutes: 15,
          recheckGraceHours: 24,
          believesMethods: true,
          secondFactorAcr: [],
          enabled: true,
        }}
        error={create.error}
      />
      <NoteField />
      <div className="actions">
        <button type="submit" className="button" disabled={create.isPending}>
          Add and test it
        </button>
      </div>
    </form>
  );
}
