import { etagOf, useMayWrite, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Failure } from "../components/states.tsx";
import { navigate } from "../lib/router.ts";
import type { Node } from "./node-page.tsx";

/** What an administrator may do with a node in the state that it is in. */
export function NodeActions({ node }: { readonly node: Node }) {
  const mayWrite = useMayWrite();
  const approve = useWrite("nodes.approve");
  const quarantine = useWrite("nodes.quarantine");
  const release = useWrite("nodes.release");
  const revoke = useWrite("nodes.revoke");
  const remove = useWrite("nodes.delete");
  if (!mayWrite) return null;
  const target = { params: { node: node.id } };
  const busy =
    quarantine.isPending || approve.isPending || release.isPending || revoke.isPending || remove.isPending;
  return (
    <div className="spaced">
      <Failure error={approve.error ?? quarantine.error ?? release.error ?? revoke.error ?? remove.error} />
      <div className="actions">
        {(node.status === "pending" || node.status === "expired") && (
          <button type="button" className="button" disabled={busy} onClick={() => approve.mutate(target)}>
            Approve
          </button>
        )}
        {node.status === "approved" && (
          <ConfirmButton
            label="Quarantine"
            question={`Isolate ${node.name}?`}
            disabled={busy}
            onConfirm={(note) => quarantine.mutate({ ...target, note })}
          >
            It keeps the hub, and what rules let <code>quarantine</code> reach. Everything else ends at once,
            also connections that are open. Release lets it back in.
          </ConfirmButton>
        )}
        {node.status === "quarantined" && node.heldBySignals.length > 0 && (
          <ConfirmButton
            label="Keep in quarantine"
            question={`Let only a person release ${node.name}?`}
            disabled={busy}
            onConfirm={(note) => quarantine.mutate({ ...target, note })}
          >
            Signals isolated it ({node.heldBySignals.join(", ")}), and their opposite would let it out. From
            then on no signal does. It stays isolated without a break.
          </ConfirmButton>
        )}
        {node.status === "quarantined" && (
          <ConfirmButton
            label="Release"
            className="button"
            question={`Let ${node.name} back in?`}
            disabled={busy}
            onConfirm={(note) => release.mutate({ ...target, note })}
          >
            {node.contained ? (
              "It reaches again what the rules let it reach. Nothing of its own was changed."
            ) : (
              <>
                It was put aside because two machines used its state, or by hand. Make sure that only one
                machine holds its keys: the other one would be noticed again and put both aside.
              </>
            )}
          </ConfirmButton>
        )}
        {node.status !== "revoked" && (
          <ConfirmButton
            label="Revoke"
            question={`Revoke ${node.name} for good?`}
            disabled={busy}
            onConfirm={(note) => revoke.mutate({ ...target, note })}
          >
            It can't poll any more and leaves the configs of its{" "}
            {node.live ? `${node.live.peers} peers` : "peers"} at once. To come back it must enrol anew.
          </ConfirmButton>
        )}
        <ConfirmButton
          label="Delete"
          question={`Delete ${node.name}?`}
          disabled={busy}
          onConfirm={(note) =>
            remove.mutate({ ...target, note, ifMatch: etagOf(node) }, { onSuccess: () => navigate("nodes") })
          }
        >
          It leaves the network and this list. Its addresses rest for seven days before another node gets
          them.
        </ConfirmButton>
      </div>
    </div>
  );
}
