import type { FormEvent } from "react";
import { call, type RowOf, useEdited, useMayWrite, usePages, useWrite } from "../api.ts";
import { AddForm } from "../components/add-form.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { FormEnd } from "../components/form-end.tsx";
import { Moment } from "../components/moment.tsx";
import { noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, issueOf, Loaded } from "../components/states.tsx";
import { useBase } from "../lib/base-version.ts";
import { changesOf } from "../lib/changes.ts";
import { splitList } from "../lib/format.ts";
import { navigate, routeTo, routeWith } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { HistoryCard } from "./history-card.tsx";

type Segment = RowOf<"segments.list">;

export default function Segments({ path: [id] }: PageProps) {
  return id === undefined ? <SegmentList /> : <SegmentPage id={id} />;
}

const COLUMNS: readonly Column<Segment>[] = [
  {
    header: "Segment",
    cell: (row) => <a href={routeTo("segments", row.id)}>{row.name}</a>,
    sort: (row) => row.name,
  },
  { header: "Description", cell: (row) => row.description, className: "wide" },
  {
    header: "Made",
    cell: (row) => <Moment at={row.createdAt} />,
    sort: (row) => row.createdAt,
    className: "wide",
  },
];

function SegmentList() {
  const search = useListSearch("Name or description");
  const segments = usePages("segments.list", { query: search.query });
  const create = useWrite("segments.create");
  const mayWrite = useMayWrite();
  return (
    <>
      <PageHead title="Segments" />
      <p className="muted">
        Parts of the network that stand for themselves: each has its own apps, nodes and sessions, and one
        that fails takes no other along.
      </p>
      {mayWrite && (
        <AddForm
          label="Add"
          busy={create.isPending}
          onAdd={(text, note, reset) =>
            create.mutate(
              { body: { name: text("name"), description: text("description") }, note },
              { onSuccess: reset },
            )
          }
        >
          <Field
            label="Name of a new segment"
            error={issueOf(create.error, "/name") ?? create.error?.message}
          >
            {(c) => <input {...c} name="name" required maxLength={100} autoComplete="off" />}
          </Field>
          <Field label="Description" broad error={issueOf(create.error, "/description")}>
            {(c) => <input {...c} name="description" maxLength={500} autoComplete="off" />}
          </Field>
        </AddForm>
      )}
      {search.field}
      <Loaded query={segments}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked
                ? "Nothing fits."
                : "There is no segment yet. An app or a node needs one to stand in."}
            </Empty>
          ) : (
            <DataTable
              caption="Segments"
              columns={COLUMNS}
              rows={rows}
              keyOf={(row) => row.id}
              pages={segments}
            />
          )
        }
      </Loaded>
      <ShowMore pages={segments} />
    </>
  );
}

function SegmentPage({ id }: { readonly id: string }) {
  const segment = useEdited("segments.get", { params: { segment: id } });
  return (
    <>
      <PageHead title={segment.data?.name ?? "Segment"}>
        <a className="button plain" href={routeTo("segments")}>
          All segments
        </a>
        {segment.data && (
          <>
            <a className="button plain" href={routeWith({ segment: segment.data.name }, "apps")}>
              Its apps
            </a>
            <a className="button plain" href={routeWith({ segment: segment.data.name }, "nodes")}>
              Its nodes
            </a>
          </>
        )}
      </PageHead>
      <Loaded query={segment}>
        {(data) => (
          <>
            <LoadedSegment loaded={data} />
            <HistoryCard kind="segment" name={data.id} />
          </>
        )}
      </Loaded>
    </>
  );
}

function LoadedSegment({ loaded }: { readonly loaded: Segment }) {
  const mayWrite = useMayWrite();
  const update = useWrite("segments.update");
  const remove = useWrite("segments.delete");
  const {
    base,
    setBase,
    ifMatch,
    error: failed,
    takeTheirs,
  } = useBase(loaded, ({ id }) => call("segments.get", { params: { segment: id } }), [update, remove]);
  const target = { params: { segment: base.id }, ifMatch };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = changesOf(readSegment(event.currentTarget), base);
    update.mutate({ ...target, note: noteOf(event.currentTarget), body }, { onSuccess: setBase });
  };
  return (
    <>
      <Conflict error={failed} onReload={takeTheirs} />
      {update.isSuccess && (
        <p className="notice good" role="status">
          Saved as version {base.version}.
        </p>
      )}
      <form className="card form" key={base.version} onSubmit={submit}>
        <Field label="Name" hint={'Policies call it Segment::"name".'} error={issueOf(update.error, "/name")}>
          {(c) => <input {...c} name="name" required maxLength={100} defaultValue={base.name} />}
        </Field>
        <Field label="Description" error={issueOf(update.error, "/description")}>
          {(c) => <input {...c} name="description" maxLength={500} defaultValue={base.description} />}
        </Field>
        <Field
          label="Checks of its devices"
          hint="One check a line, for machines that prove themselves to browsers: edr = process /opt/edr/edrd, or corp-ca = file /etc/ssl/corp.pem sha256:… Policies ask for context.device.claims.checks.contains(&quot;edr:present&quot;)."
          error={issueOf(update.error, "/deviceChecks")}
        >
          {(c) => (
            <textarea {...c} name="deviceChecks" rows={4} defaultValue={base.deviceChecks.join("\n")} />
          )}
        </Field>
        <FormEnd submit={mayWrite ? "Save" : null} busy={update.isPending}>
          <ConfirmButton
            label="Delete"
            question={`Delete the segment ${base.name}?`}
            onConfirm={(note) =>
              remove.mutate({ ...target, note }, { onSuccess: () => navigate("segments") })
            }
          >
            <p>Only one that holds no app, no node and no enrolment key can be deleted.</p>
          </ConfirmButton>
        </FormEnd>
      </form>
    </>
  );
}

function readSegment(form: HTMLFormElement) {
  const data = new FormData(form);
  return {
    name: String(data.get("name") ?? "").trim(),
    description: String(data.get("description") ?? "").trim(),
    deviceChecks: splitList(String(data.get("deviceChecks") ?? "")),
  };
}
