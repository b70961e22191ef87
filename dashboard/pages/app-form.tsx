import type { FormEvent } from "react";
import { endsSessionsOf } from "../../shared/api/consequence.ts";
import { DEFAULT_APP_SETTINGS } from "../../shared/registry/app-settings.ts";
import { call, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { useAsk } from "../components/ask.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { SignedOut } from "../components/signed-out.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { useBase } from "../lib/base-version.ts";
import { changesOf } from "../lib/changes.ts";
import { navigate, routeTo, routeWith, useFilters } from "../lib/router.ts";
import { AppFields, readAppFields } from "./app-fields.tsx";
import { HistoryCard } from "./history-card.tsx";
import { AppReachCard } from "./reach-cards.tsx";

export type App = RowOf<"apps.list">;

export function NewApp() {
  const create = useWrite("apps.create");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = readAppFields(new FormData(event.currentTarget));
    create.mutate(
      { body, note: noteOf(event.currentTarget) },
      { onSuccess: (app) => navigate("apps", app.id) },
    );
  };
  return (
    <>
      <PageHead title="Add an app" />
      <Failure error={create.error} />
      <form className="card form" onSubmit={submit}>
        <AppFields app={{ enabled: true, settings: DEFAULT_APP_SETTINGS }} error={create.error} />
        <NoteField />
        <div className="actions">
          <button type="submit" className="button" disabled={create.isPending}>
            Add the app
          </button>
        </div>
      </form>
    </>
  );
}

export function EditApp({ id }: { readonly id: string }) {
  const app = useEdited("apps.get", { params: { app: id } });
  const [{ at = "" }, setFilters] = useFilters();
  return (
    <>
      <PageHead title={app.data ? app.data.title || app.data.name : "App"} />
      <Loaded query={app}>
        {(data) => (
          <>
            {data.settings.anonymous && (
              <p className="notice">
                Requests without a sign-in reach the policies. What anybody may open is below, under{" "}
                <a href={routeTo("reach", "app", data.name)}>who can reach it</a>.
              </p>
            )}
            <EditLoadedApp loaded={data} />
            <div className="actions below">
              <a className="button plain" href={routeWith({ app: data.name }, "decisions")}>
                Decisions about it
              </a>
              <a className="button plain" href={routeWith({ app: data.name, state: "all" }, "sessions")}>
                Its sessions
              </a>
              <a className="button plain" href={routeTo("reach", "app", data.name)}>
                Who can reach it
              </a>
              <a className="button plain" href={routeWith({ kind: "app", name: data.id }, "history")}>
                Its history
              </a>
            </div>
            <AppReachCard app={data.id} at={at} onAt={(moment) => setFilters({ at: moment })} />
            <HistoryCard kind="app" name={data.id} />
          </>
        )}
      </Loaded>
    </>
  );
}

function EditLoadedApp({ loaded }: { readonly loaded: App }) {
  const mayWrite = useMayWrite();
  const update = useWrite("apps.update");
  const remove = useWrite("apps.delete");
  const { base, setBase, ifMatch, error, takeTheirs } = useBase(
    loaded,
    ({ id }) => call("apps.get", { params: { app: id } }),
    [update, remove],
  );
  const target = { params: { app: base.id }, ifMatch };
  const { ask, dialog } = useAsk();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = changesOf(readAppFields(new FormData(event.currentTarget)), base);
    const of = endsSessionsOf("apps.update", target.params, body);
    const note = noteOf(event.currentTarget);
    const isMeant =
      of === null ||
      (await ask({
        question: body.enabled === false ? `Switch ${base.title || base.name} off?` : "Move the app?",
        label: body.enabled === false ? "Switch off" : "Move it",
        consequence: <SignedOut of={of} />,
        asksWhy: false,
      })) !== null;
    if (isMeant) update.mutate({ ...target, note, body }, { onSuccess: setBase });
  };
  return (
    <>
      <Conflict error={error} onReload={takeTheirs} />
      {update.isSuccess && (
        <p className="notice good" role="status">
          Saved as version {base.version}. It holds for every request from now on.
        </p>
      )}
      {dialog}
      <form className="card form" key={base.version} onSubmit={submit}>
        <AppFields app={base} error={update.error} />
        {mayWrite && <NoteField />}
        {mayWrite && (
          <div className="actions">
            <button type="submit" className="button" disabled={update.isPending}>
              Save
            </button>
            <ConfirmButton
              label="Delete"
              question={`Delete ${base.title || base.name}?`}
              onConfirm={(why) =>
                remove.mutate({ ...target, note: why }, { onSuccess: () => navigate("apps") })
              }
            >
              <SignedOut of={{ app: base.id }} />
              <p>Its host answers nobody any more.</p>
            </ConfirmButton>
          </div>
        )}
      </form>
    </>
  );
}
