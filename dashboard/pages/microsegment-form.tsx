import { useState } from "react";
import { call, etagOf, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { changesOf } from "../lib/changes.ts";
import { navigate, routeTo } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";
import { MicrosegmentFields } from "./microsegment-fields.tsx";
import { MicrosegmentMembers } from "./microsegment-members.tsx";

type Microsegment = RowOf<"microsegments.list">;

export function NewMicrosegment() {
  const create = useWrite("microsegments.create");
  return (
    <>
      <PageHead title="Add a microsegment" />
      <Failure error={create.error} />
      <MicrosegmentFields
        microsegment={{
          ...{ name: "", description: "", type: "user", isolation: "standard", where: "", unless: "" },
          ...{ include: [], exclude: [], remediation: [], acceptsClaims: false },
        }}
        error={create.error}
        busy={create.isPending}
        submit="Add"
        onSubmit={(body, note) =>
          create.mutate({ body, note }, { onSuccess: ({ id }) => navigate("microsegments", id) })
        }
      />
    </>
  );
}

export function EditMicrosegment({ id }: { readonly id: string }) {
  const microsegment = useEdited("microsegments.get", { params: { microsegment: id } });
  return (
    <>
      <PageHead title={microsegment.data?.name ?? "Microsegment"}>
        <a className="button plain" href={routeTo("microsegments")}>
          All microsegments
        </a>
      </PageHead>
      <Loaded query={microsegment}>
        {(data) => (
          <>
            <EditLoaded loaded={data} />
            <MicrosegmentMembers id={data.id} />
            <HistoryCard kind="microsegment" name={data.id} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** Edits the version that was loaded first; a newer one only replaces it when the administrator says so. */
function EditLoaded({ loaded }: { readonly loaded: Microsegment }) {
  const [base, setBase] = useState(loaded);
  const mayWrite = useMayWrite();
  const update = useWrite("microsegments.update");
  const remove = useWrite("microsegments.delete");
  const target = { params: { microsegment: base.id }, ifMatch: etagOf(base) };
  const takeTheirs = async () => {
    setBase(await call("microsegments.get", { params: { microsegment: base.id } }));
    update.reset();
    remove.reset();
  };
  return (
    <>
      <Conflict error={update.error ?? remove.error} onReload={takeTheirs} />
      {update.isSuccess && (
        <p className="notice good" role="status">
          Saved as version {base.version}. The nodes that it concerns get it at their next poll.
        </p>
      )}
      {base.notes.map((note) => (
        <p key={note} className="notice warn">
          {note}
        </p>
      ))}
      <MicrosegmentFields
        key={base.version}
        microsegment={base}
        error={update.error}
        busy={update.isPending}
        submit={mayWrite ? "Save" : null}
        onSubmit={(body, note) =>
          update.mutate({ ...target, note, body: changesOf(body, base) }, { onSuccess: setBase })
        }
      >
        <ConfirmButton
          label="Delete"
          question={`Delete the microsegment ${base.name}?`}
          onConfirm={(note) =>
            remove.mutate({ ...target, note }, { onSuccess: () => navigate("microsegments") })
          }
        >
          Only one that no rule names can be deleted. What its isolation kept apart is kept apart no more.
        </ConfirmButton>
      </MicrosegmentFields>
    </>
  );
}
