import { useState } from "react";
import { call, etagOf, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { navigate } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";
import { MeshPreview, useMeshReview } from "./mesh-review.tsx";
import { MeshRuleFields } from "./mesh-rule-fields.tsx";
import { NO_TERMS } from "./mesh-rule-terms.tsx";

type Rule = RowOf<"meshRules.list">;

export function NewMeshRule() {
  const create = useWrite("meshRules.create");
  const review = useMeshReview("Add the rule", create.isPending);
  return (
    <>
      <PageHead title="Write a rule" />
      <Failure error={review.error ?? create.error} />
      {review.card}
      <div hidden={review.card !== null}>
        <MeshRuleFields
          rule={{ name: "", from: [], to: [], traffic: [], ...NO_TERMS, enabled: true }}
          error={review.error ?? create.error}
          busy={review.isAsking}
          submit="Review"
          onSubmit={(body, note) =>
            review.ask({ rule: body }, () =>
              create.mutate(
                { body, note },
                { onSuccess: (rule) => navigate("mesh-rules", rule.id), onError: review.close },
              ),
            )
          }
        />
      </div>
    </>
  );
}

export function EditMeshRule({ id }: { readonly id: string }) {
  const rule = useEdited("meshRules.get", { params: { meshRule: id } });
  return (
    <>
      <PageHead title={rule.data?.name ?? "Rule"} />
      <Loaded query={rule}>
        {(data) => (
          <>
            <EditLoadedRule loaded={data} />
            <HistoryCard kind="meshRule" name={data.id} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** Edits the version that was loaded first; a newer one only replaces it when the administrator says so. */
function EditLoadedRule({ loaded }: { readonly loaded: Rule }) {
  const [base, setBase] = useState(loaded);
  const mayWrite = useMayWrite();
  const update = useWrite("meshRules.update");
  const remove = useWrite("meshRules.delete");
  const review = useMeshReview("Save", update.isPending);
  const target = { params: { meshRule: base.id }, ifMatch: etagOf(base) };
  const takeTheirs = async () => {
    setBase(await call("meshRules.get", { params: { meshRule: base.id } }));
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
      <Failure error={review.error} />
      {review.card}
      <div hidden={review.card !== null}>
        <MeshRuleFields
          key={base.version}
          rule={base}
          error={review.error ?? update.error}
          busy={review.isAsking}
          submit={mayWrite ? "Review" : null}
          onSubmit={(body, note) =>
            review.ask({ rule: { rule: base.id, ...body } }, () =>
              update.mutate({ ...target, note, body }, { onSuccess: setBase, onSettled: review.close }),
            )
          }
        >
          <ConfirmButton
            label="Delete"
            question={`Delete the rule ${base.name}?`}
            onConfirm={(note) =>
              remove.mutate({ ...target, note }, { onSuccess: () => navigate("mesh-rules") })
            }
          >
            <p>Traffic that no other rule allows ends at the nodes' next poll.</p>
            <MeshPreview asked={{ rule: { rule: base.id, deleted: true } }} />
          </ConfirmButton>
        </MeshRuleFields>
      </div>
    </>
  );
}
