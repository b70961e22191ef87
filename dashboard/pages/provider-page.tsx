import type { FormEvent } from "react";
import { presetOf } from "../../shared/access/login/provider-presets.ts";
import { endsSessionsOf } from "../../shared/api/consequence.ts";
import { call, type RowOf, useApi, useEdited, useMayCall, useWrite } from "../api.ts";
import { AllTheSame } from "../components/all-the-same.tsx";
import { useAsk } from "../components/ask.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { SignedOut } from "../components/signed-out.tsx";
import { Loaded } from "../components/states.tsx";
import { useBase } from "../lib/base-version.ts";
import { changesOf } from "../lib/changes.ts";
import { providerWarnings } from "../lib/provider-warnings.ts";
import { navigate, routeTo, routeWith } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";
import { ProviderFields, readProviderFields } from "./provider-fields.tsx";
import { ProviderScim } from "./provider-scim.tsx";
import { ProviderSteps } from "./provider-steps.tsx";
import { ProviderTrial } from "./provider-trial.tsx";

export type Provider = RowOf<"identityProviders.list">;

export function ProviderPage({ id, testAtOnce }: { readonly id: string; readonly testAtOnce: boolean }) {
  const provider = useEdited("identityProviders.get", { params: { provider: id } });
  return (
    <>
      <PageHead title={provider.data?.name ?? "Identity provider"}>
        <a className="button plain" href={routeTo("providers")}>
          All providers
        </a>
        {provider.data && (
          <a
            className="button plain"
            href={routeWith({ provider: provider.data.name, state: "live" }, "sessions")}
          >
            Sessions by it
          </a>
        )}
      </PageHead>
      <Loaded query={provider}>{(data) => <LoadedProvider loaded={data} testAtOnce={testAtOnce} />}</Loaded>
    </>
  );
}

function LoadedProvider({ loaded, testAtOnce }: { readonly loaded: Provider; readonly testAtOnce: boolean }) {
  const { ask, dialog } = useAsk();
  const mayWrite = useMayCall("identityProviders.update");
  const mayTest = useMayCall("identityProviders.test");
  const me = useApi("me.get", {});
  const update = useWrite("identityProviders.update");
  const remove = useWrite("identityProviders.delete");
  const {
    base,
    setBase,
    ifMatch,
    error: failed,
    takeTheirs,
  } = useBase(loaded, ({ id }) => call("identityProviders.get", { params: { provider: id } }), [
    update,
    remove,
  ]);
  const target = { params: { provider: base.id }, ifMatch };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = changesOf(readProviderFields(new FormData(event.currentTarget)), base);
    const of = endsSessionsOf("identityProviders.update", target.params, body);
    const note = noteOf(event.currentTarget);
    const isMeant =
      of === null ||
      (await ask({
        question: body.enabled === false ? `Switch ${base.name} off?` : `Give ${base.name} another issuer?`,
        label: body.enabled === false ? "Switch off" : "Change the issuer",
        consequence: <Consequence provider={base.id} />,
        asksWhy: false,
      })) !== null;
    if (isMeant) update.mutate({ ...target, note, body }, { onSuccess: setBase });
  };
  return (
    <>
      {providerWarnings([base]).map((warning) => (
        <p key={warning} className="notice warn" role="status">
          {warning}
        </p>
      ))}
      {mayTest && <ProviderTrial id={base.id} atOnce={testAtOnce} />}
      <Conflict error={failed} onReload={takeTheirs} />
      <AllTheSame write={update} onDone={setBase} />
      <AllTheSame write={remove} label="Remove it all the same" onDone={() => navigate("providers")} />
      {update.data && (
        <div className={update.data.problems ? "notice warn" : "notice good"} role="status">
          Saved as version {base.version}.
          {update.data.problems && (
            <ul>
              {update.data.problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          )}
        </div>
      )}
      {dialog}
      <form className="card form" key={base.version} onSubmit={submit}>
        <fieldset disabled={!mayWrite}>
          <legend className="hidden">Settings</legend>
          <h2>Settings</h2>
          <ProviderFields provider={base} error={update.error} />
        </fieldset>
        {mayWrite && <NoteField />}
        {mayWrite && (
          <div className="actions">
            <button type="submit" className="button" disabled={update.isPending}>
              Save
            </button>
            <ConfirmButton
              label="Delete"
              question={`Delete ${base.name}?`}
              onConfirm={(why) =>
                remove.mutate({ ...target, note: why }, { onSuccess: () => navigate("providers") })
              }
            >
              <Consequence provider={base.id} />
              <p>Its client secret is forgotten, and so is which account at it is whose.</p>
            </ConfirmButton>
          </div>
        )}
      </form>
      {me.data && <ProviderSteps preset={presetOf(base)} authOrigin={me.data.network.authOrigin} />}
      <ProviderScim provider={base} />
      <HistoryCard kind="identityProvider" name={base.id} />
    </>
  );
}

function Consequence({ provider }: { readonly provider: string }) {
  const others = useApi("identityProviders.list", { query: { limit: 200 } });
  const left = others.data?.items.filter(({ id, enabled }) => enabled && id !== provider);
  return (
    <>
      <SignedOut of={{ provider }} />
      {left?.length === 0 && (
        <p className="notice bad">
          <strong>No other provider is switched on:</strong> nobody could sign in any more, and neither could
          you. Only an API token would still open the hub.
        </p>
      )}
    </>
  );
}
