import { call, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { useBase } from "../lib/base-version.ts";
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

function EditLoadedRule({ loaded }: { readonly loaded: Rule }) {
  const mayWrite = useMayWrite();
  const update = useWrite("meshRules.update");
  const remove = useWrite("meshRules.delete");
  const review = useMeshReview("Save", update.isPending);
  const {
    base,
    setBase,
    ifMatch,
    error: failed,
    takeTheirs,
  } = useBase(loaded, ({ id }) => call("meshRules.get", { params: { meshRule: id } }), [update, remove]);
  const target = { params: { meshRule: base.id }, ifMatch };
  return (
    <>
      <Conflict error={failed} onReload={takeTheirs} />
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
