import { call, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { useBase } from "../lib/base-version.ts";
import { changesOf } from "../lib/changes.ts";
import { navigate, routeTo } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";
import { MeshPreview, useMeshReview } from "./mesh-review.tsx";
import { MicrosegmentFields } from "./microsegment-fields.tsx";
import { MicrosegmentMembers } from "./microsegment-members.tsx";

type Microsegment = RowOf<"microsegments.list">;

export function NewMicrosegment() {
  const create = useWrite("microsegments.create");
  const review = useMeshReview("Add", create.isPending);
  return (
    <>
      <PageHead title="Add a microsegment" />
      <Failure error={review.error ?? create.error} />
      {review.card}
      <div hidden={review.card !== null}>
        <MicrosegmentFields
          microsegment={{
            ...{ name: "", description: "", type: "user", isolation: "standard", where: "", unless: "" },
            ...{ include: [], exclude: [], remediation: [], atMost: [], acceptsClaims: false },
          }}
          error={review.error ?? create.error}
          busy={review.isAsking}
          submit="Review"
          onSubmit={(body, note) =>
            review.ask({ microsegment: body }, () =>
              create.mutate(
                { body, note },
                { onSuccess: ({ id }) => navigate("microsegments", id), onError: review.close },
              ),
            )
          }
        />
      </div>
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

function EditLoaded({ loaded }: { readonly loaded: Microsegment }) {
  const mayWrite = useMayWrite();
  const update = useWrite("microsegments.update");
  const remove = useWrite("microsegments.delete");
  const review = useMeshReview("Save", update.isPending);
  const {
    base,
    setBase,
    ifMatch,
    error: failed,
    takeTheirs,
  } = useBase(loaded, ({ id }) => call("microsegments.get", { params: { microsegment: id } }), [
    update,
    remove,
  ]);
  const target = { params: { microsegment: base.id }, ifMatch };
  return (
    <>
      <Conflict error={failed} onReload={takeTheirs} />
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
      <Failure error={review.error} />
      {review.card}
      <div hidden={review.card !== null}>
        <MicrosegmentFields
          key={base.version}
          microsegment={base}
          error={review.error ?? update.error}
          busy={review.isAsking}
          submit={mayWrite ? "Review" : null}
          onSubmit={(input, note) => {
            const body = changesOf(input, base);
            review.ask({ microsegment: { microsegment: base.id, ...body } }, () =>
              update.mutate({ ...target, note, body }, { onSuccess: setBase, onSettled: review.close }),
            );
          }}
        >
          <ConfirmButton
            label="Delete"
            question={`Delete the microsegment ${base.name}?`}
            onConfirm={(note) =>
              remove.mutate({ ...target, note }, { onSuccess: () => navigate("microsegments") })
            }
          >
            <p>
              Only one that no rule names can be deleted. What its isolation kept apart is kept apart no more.
            </p>
            <MeshPreview asked={{ microsegment: { microsegment: base.id, deleted: true } }} />
          </ConfirmButton>
        </MicrosegmentFields>
      </div>
    </>
  );
}
