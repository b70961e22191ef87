import { useState } from "react";
import { call, etagOf, type RowOf, useEdited, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Conflict } from "../components/conflict.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { navigate } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";
import { MeshRuleFields } from "./mesh-rule-fields.tsx";
import { NO_TERMS } from "./mesh-rule-terms.tsx";

type Rule = RowOf<"meshRules.list">;

export function NewMeshRule() {
  const create = useWrite("meshRules.create");
  return (
    <>
      <PageHead title="Write a rule" />
      <Failure error={create.error} />
      <MeshRuleFields
        rule={{ name: "", from: [], to: [], traffic: [], ...NO_TERMS, enabled: true }}
        error={create.error}
        busy={create.isPending}
        submit="Add the rule"
        onSubmit={(body, note) =>
          create.mutate({ body, note }, { onSuccess: (rule) => navigate("mesh-rules", rule.id) })
        }
      />
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
      <MeshRuleFields
        key={base.version}
        rule={base}
        error={update.error}
        busy={update.isPending}
        submit={mayWrite ? "Save" : null}
        onSubmit={(body, note) => update.mutate({ ...target, note, body }, { onSuccess: setBase })}
      >
        <ConfirmButton
          label="Delete"
          question={`Delete the rule ${base.name}?`}
          onConfirm={(note) =>
            remove.mutate({ ...target, note }, { onSuccess: () => navigate("mesh-rules") })
          }
        >
          Traffic that no other rule allows ends at the nodes' next poll.
        </ConfirmButton>
      </MeshRuleFields>
    </>
  );
}
