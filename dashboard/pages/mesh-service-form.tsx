import { type FormEvent, type ReactNode, useState } from "react";
import { call, etagOf, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { Field } from "../components/field.tsx";
import { LinesField } from "../components/lines-field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, issueOf, Loaded } from "../components/states.tsx";
import { changesOf } from "../lib/changes.ts";
import { navigate, routeTo } from "../lib/router.ts";
import { linesOf } from "../lib/rule-text.ts";
import { HistoryCard } from "./history-card.tsx";

type Service = RowOf<"meshServices.list">;
type Text = Pick<Service, "name" | "description" | "traffic">;

export function NewMeshService() {
  const create = useWrite("meshServices.create");
  return (
    <>
      <PageHead title="Name a service" />
      <Failure error={create.error} />
      <MeshServiceFields
        service={{ name: "", description: "", traffic: [] }}
        error={create.error}
        busy={create.isPending}
        submit="Add the service"
        onSubmit={(body, note) =>
          create.mutate({ body, note }, { onSuccess: ({ id }) => navigate("mesh-services", id) })
        }
      />
    </>
  );
}

export function EditMeshService({ id }: { readonly id: string }) {
  const service = useEdited("meshServices.get", { params: { meshService: id } });
  return (
    <>
      <PageHead title={service.data?.name ?? "Service"}>
        <a className="button plain" href={routeTo("mesh-services")}>
          All services
        </a>
      </PageHead>
      <Loaded query={service}>
        {(data) => (
          <>
            <EditLoaded loaded={data} />
            <HistoryCard kind="meshService" name={data.id} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** Edits the version that was loaded first; a newer one only replaces it when the administrator says so. */
function EditLoaded({ loaded }: { readonly loaded: Service }) {
  const [base, setBase] = useState(loaded);
  const mayWrite = useMayWrite();
  const update = useWrite("meshServices.update");
  const remove = useWrite("meshServices.delete");
  const target = { params: { meshService: base.id }, ifMatch: etagOf(base) };
  const takeTheirs = async () => {
    setBase(await call("meshServices.get", { params: { meshService: base.id } }));
    update.reset();
    remove.reset();
  };
  return (
    <>
      <Conflict error={update.error ?? remove.error} onReload={takeTheirs} />
      {update.isSuccess && (
        <p className="notice good" role="status">
          Saved as version {base.version}. The nodes that its rules concern get it at their next poll.
        </p>
      )}
      <MeshServiceFields
        key={base.version}
        service={base}
        error={update.error}
        busy={update.isPending}
        submit={mayWrite ? "Save" : null}
        onSubmit={(body, note) =>
          update.mutate({ ...target, note, body: changesOf(body, base) }, { onSuccess: setBase })
        }
      >
        <ConfirmButton
          label="Delete"
          question={`Delete the service ${base.name}?`}
          onConfirm={(note) =>
            remove.mutate({ ...target, note }, { onSuccess: () => navigate("mesh-services") })
          }
        >
          Only one that no rule names can be deleted.
        </ConfirmButton>
      </MeshServiceFields>
    </>
  );
}

interface MeshServiceFields {
  readonly service: Text;
  /** Of the last save. */
  readonly error: unknown;
  readonly busy: boolean;
  /** Of the button; null where nothing may be changed. */
  readonly submit: string | null;
  readonly onSubmit: (service: Text, note: string) => void;
  /** Further actions. */
  readonly children?: ReactNode;
}

function MeshServiceFields({ service, error, busy, submit, onSubmit, children }: MeshServiceFields) {
  const readOnly = submit === null;
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    onSubmit(
      {
        name: text("name"),
        description: text("description"),
        traffic: linesOf(text("traffic")),
      },
      noteOf(form),
    );
  };
  return (
    <form className="card form" onSubmit={send}>
      <Field
        label="Name"
        hint="Rules call it service:NAME. Lower-case letters, digits, dots, hyphens, underscores."
        error={issueOf(error, "/name")}
      >
        {(c) => (
          <input
            {...c}
            name="name"
            required
            maxLength={63}
            defaultValue={service.name}
            readOnly={readOnly}
            autoComplete="off"
          />
        )}
      </Field>
      <Field label="Description" error={issueOf(error, "/description")}>
        {(c) => (
          <input
            {...c}
            name="description"
            maxLength={500}
            defaultValue={service.description}
            readOnly={readOnly}
            autoComplete="off"
          />
        )}
      </Field>
      <LinesField
        name="traffic"
        label="Traffic"
        hint="One a line, at most 8: tcp/443, tcp/8000-8100, udp/53, icmp."
        lines={service.traffic}
        error={error}
        readOnly={readOnly}
      />
      {!readOnly && <NoteField />}
      {!readOnly && (
        <div className="actions">
          <button type="submit" className="button" disabled={busy}>
            {submit}
          </button>
          {children}
        </div>
      )}
    </form>
  );
}
