import type { FormEvent, ReactNode } from "react";
import { call, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { Field } from "../components/field.tsx";
import { FormEnd } from "../components/form-end.tsx";
import { LinesField } from "../components/lines-field.tsx";
import { noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, issueOf, Loaded } from "../components/states.tsx";
import { TextField } from "../components/text-field.tsx";
import { useBase } from "../lib/base-version.ts";
import { changesOf } from "../lib/changes.ts";
import { navigate, routeTo } from "../lib/router.ts";
import { linesOf } from "../lib/rule-text.ts";
import { HistoryCard } from "./history-card.tsx";

type Test = RowOf<"meshTests.list">;
type Text = Pick<Test, "name" | "from" | "accept" | "deny">;

export function NewMeshTest() {
  const create = useWrite("meshTests.create");
  return (
    <>
      <PageHead title="Add a test" />
      <Failure error={create.error} />
      <MeshTestFields
        test={{ name: "", from: "", accept: [], deny: [] }}
        error={create.error}
        busy={create.isPending}
        submit="Add the test"
        onSubmit={(body, note) =>
          create.mutate({ body, note }, { onSuccess: ({ id }) => navigate("mesh-tests", id) })
        }
      />
    </>
  );
}

export function EditMeshTest({ id }: { readonly id: string }) {
  const test = useEdited("meshTests.get", { params: { meshTest: id } });
  return (
    <>
      <PageHead title={test.data?.name ?? "Test"}>
        <a className="button plain" href={routeTo("mesh-tests")}>
          All tests
        </a>
      </PageHead>
      <Loaded query={test}>
        {(data) => (
          <>
            <EditLoaded loaded={data} />
            <HistoryCard kind="meshTest" name={data.id} />
          </>
        )}
      </Loaded>
    </>
  );
}

function EditLoaded({ loaded }: { readonly loaded: Test }) {
  const mayWrite = useMayWrite();
  const update = useWrite("meshTests.update");
  const remove = useWrite("meshTests.delete");
  const {
    base,
    setBase,
    ifMatch,
    error: failed,
    takeTheirs,
  } = useBase(loaded, ({ id }) => call("meshTests.get", { params: { meshTest: id } }), [update, remove]);
  const target = { params: { meshTest: base.id }, ifMatch };
  return (
    <>
      <Conflict error={failed} onReload={takeTheirs} />
      {update.isSuccess && (
        <p className="notice good" role="status">
          Saved as version {base.version}. It passes.
        </p>
      )}
      {base.failing !== null && (
        <p className="notice bad" role="alert">
          It failed when it was last run: {base.failing}.
        </p>
      )}
      <MeshTestFields
        key={base.version}
        test={base}
        error={update.error}
        busy={update.isPending}
        submit={mayWrite ? "Save" : null}
        onSubmit={(body, note) =>
          update.mutate({ ...target, note, body: changesOf(body, base) }, { onSuccess: setBase })
        }
      >
        <ConfirmButton
          label="Delete"
          question={`Delete the test ${base.name}?`}
          onConfirm={(note) =>
            remove.mutate({ ...target, note }, { onSuccess: () => navigate("mesh-tests") })
          }
        >
          Rules stay as they are. Nothing keeps them to this any more.
        </ConfirmButton>
      </MeshTestFields>
    </>
  );
}

interface MeshTestFields {
  readonly test: Text;
  /** Of the last save. */
  readonly error: unknown;
  readonly busy: boolean;
  /** Of the button; null where nothing may be changed. */
  readonly submit: string | null;
  readonly onSubmit: (test: Text, note: string) => void;
  /** Further actions. */
  readonly children?: ReactNode;
}

const TARGETS = "One a line, with its traffic: tag:db tcp/5432, subnet:10.0.0.0/24 udp/53, internet any.";

function MeshTestFields({ test, error, busy, submit, onSubmit, children }: MeshTestFields) {
  const readOnly = submit === null;
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    onSubmit(
      {
        name: text("name"),
        from: text("from"),
        accept: linesOf(text("accept")),
        deny: linesOf(text("deny")),
      },
      noteOf(form),
    );
  };
  return (
    <form className="card form" onSubmit={send}>
      <TextField
        name="name"
        label="Name"
        value={test.name}
        most={100}
        required
        error={error}
        readOnly={readOnly}
      />
      <Field
        label="From"
        hint="Which nodes begin the traffic: any, segment:NAME, tag:NAME, user:EMAIL or node:NAME."
        error={issueOf(error, "/from")}
      >
        {(c) => (
          <input
            {...c}
            name="from"
            className="code"
            required
            maxLength={300}
            defaultValue={test.from}
            readOnly={readOnly}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
          />
        )}
      </Field>
      <LinesField
        name="accept"
        label="Each of them must reach"
        hint={TARGETS}
        lines={test.accept}
        error={error}
        readOnly={readOnly}
      />
      <LinesField
        name="deny"
        label="None of them may reach"
        hint={TARGETS}
        lines={test.deny}
        error={error}
        readOnly={readOnly}
      />
      <FormEnd submit={submit} busy={busy}>
        {children}
      </FormEnd>
    </form>
  );
}
