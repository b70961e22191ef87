import type { FormEvent, ReactNode } from "react";
import { call, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { FormEnd } from "../components/form-end.tsx";
import { LinesField } from "../components/lines-field.tsx";
import { noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { TextField } from "../components/text-field.tsx";
import { useBase } from "../lib/base-version.ts";
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

function EditLoaded({ loaded }: { readonly loaded: Service }) {
  const mayWrite = useMayWrite();
  const update = useWrite("meshServices.update");
  const remove = useWrite("meshServices.delete");
  const {
    base,
    setBase,
    ifMatch,
    error: failed,
    takeTheirs,
  } = useBase(loaded, ({ id }) => call("meshServices.get", { params: { meshService: id } }), [
    update,
    remove,
  ]);
  const target = { params: { meshService: base.id }, ifMatch };
  return (
    <>
      <Conflict error={failed} onReload={takeTheirs} />
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
      <TextField
        name="name"
        label="Name"
        hint="Rules call it service:NAME. Lower-case letters, digits, dots, hyphens, underscores."
        value={service.name}
        most={63}
        required
        error={error}
        readOnly={readOnly}
      />
      <TextField
        name="description"
        label="Description"
        value={service.description}
        most={500}
        error={error}
        readOnly={readOnly}
      />
      <LinesField
        name="traffic"
        label="Traffic"
        hint="One a line, at most 8: tcp/443, tcp/8000-8100, udp/53, icmp/echo-request."
        lines={service.traffic}
        error={error}
        readOnly={readOnly}
      />
      <FormEnd submit={submit} busy={busy}>
        {children}
      </FormEnd>
    </form>
  );
}
