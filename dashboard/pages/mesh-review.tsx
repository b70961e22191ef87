import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { ApiError } from "../../shared/api/client.ts";
import {
  classInWords,
  crowdedInWords,
  type Difference,
  differenceInWords,
  packetsInWords,
  witnessInWords,
} from "../../shared/api/difference-words.ts";
import type { Body } from "../../shared/api/endpoints.ts";
import { call, useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Failure, issueOf, Loaded } from "../components/states.tsx";

type Asked = Body<"mesh.difference">;
type Change = Difference["changes"][number];

interface Line {
  readonly what: "gain" | "lose";
  readonly change: Change;
  readonly traffic: string;
  readonly suchAs: string;
}

const linesOf = ({ changes }: Difference): Line[] =>
  changes.flatMap((change): Line[] =>
    (
      [
        ["gain", change.gained, change.gains],
        ["lose", change.lost, change.loses],
      ] as const
    ).flatMap(([what, packets, witness]) =>
      packets.length === 0
        ? []
        : [
            {
              what,
              change,
              traffic: packetsInWords(packets),
              suchAs: witness ? witnessInWords(witness) : "",
            },
          ],
    ),
  );

const COLUMNS: readonly Column<Line>[] = [
  {
    header: "Would",
    cell: ({ what }) => <span className={what === "gain" ? "badge good" : "badge bad"}>{what}</span>,
  },
  { header: "From", cell: ({ change }) => classInWords(change.from), className: "long" },
  { header: "To", cell: ({ change }) => classInWords(change.to), className: "long" },
  { header: "Traffic", cell: ({ traffic }) => <code>{traffic}</code> },
  { header: "Pairs", cell: ({ change }) => change.pairs },
  { header: "Such as", cell: ({ suchAs }) => <code>{suchAs}</code>, className: "wide" },
];

/** Which pairs of nodes gain and lose what. */
function DifferenceTable({ found }: { readonly found: Difference }) {
  const lines = linesOf(found);
  return (
    <>
      <p>
        <strong>{differenceInWords(found)}</strong>{" "}
        <span className="muted">
          As of <Moment at={found.at} />.
        </span>
      </p>
      {found.crowded.map((one) => (
        <div key={one.nodes.example.id} className="notice warn" role="alert">
          {crowdedInWords(one)}
        </div>
      ))}
      {lines.length > 0 && (
        <DataTable
          caption="What pairs of nodes gain and lose"
          columns={COLUMNS}
          rows={lines}
          keyOf={({ what, change }) => `${what} ${change.from.example.id} ${change.to.example.id}`}
        />
      )}
      {found.more > 0 && <p className="muted">{found.more} further changes are not listed.</p>}
      {found.notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
    </>
  );
}

/** What a change would do, where it is asked about at once: in the question before something is deleted. */
export function MeshPreview({ asked }: { readonly asked: Asked }) {
  const difference = useApi("mesh.difference", { body: asked });
  return <Loaded query={difference}>{(found) => <DifferenceTable found={found} />}</Loaded>;
}

interface Reviewed {
  /** Shows what the change does before it is saved. Where that is refused, the error is for the form. */
  readonly ask: (asked: Asked, save: () => void) => void;
  readonly isAsking: boolean;
  /** Why the change is refused. */
  readonly error: unknown;
  /** The review, while there is one; the form is hidden meanwhile. */
  readonly card: ReactNode;
  readonly close: () => void;
}

/** Whether the change itself would be refused, so that saving it leads nowhere. */
const isRefusal = (error: unknown): boolean =>
  issueOf(error, "") !== undefined ||
  (error instanceof ApiError && (error.status === 409 || error.status === 422));

/** The look at what a change of rules does, between the form and the save. */
export function useMeshReview(label: string, isSaving: boolean): Reviewed {
  const [pending, setPending] = useState<{ readonly save: () => void } | null>(null);
  const asking = useMutation({ mutationFn: (body: Asked) => call("mesh.difference", { body }) });
  const close = () => setPending(null);
  return {
    ask: (asked, save) => {
      setPending(null);
      asking.mutate(asked, {
        onSuccess: () => setPending({ save }),
        // Who can't be shown what a change does may save it all the same.
        onError: (error) => isRefusal(error) || setPending({ save }),
      });
    },
    isAsking: asking.isPending,
    error: isRefusal(asking.error) ? asking.error : null,
    close,
    card: pending && (
      <ReviewCard
        found={asking.data}
        error={asking.error}
        label={label}
        busy={isSaving}
        onSave={pending.save}
        onBack={close}
      />
    ),
  };
}

interface ReviewCard {
  readonly found: Difference | undefined;
  readonly error: unknown;
  readonly label: string;
  readonly busy: boolean;
  readonly onSave: () => void;
  readonly onBack: () => void;
}

function ReviewCard({ found, error, label, busy, onSave, onBack }: ReviewCard) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="card" aria-label="Review">
      <h2 ref={heading} tabIndex={-1}>
        What would change
      </h2>
      <Failure error={error} />
      {found && <DifferenceTable found={found} />}
      <div className="actions spaced">
        <button
          type="button"
          className={found && found.losing > 0 ? "button danger" : "button"}
          disabled={busy}
          onClick={onSave}
        >
          {label}
        </button>
        <button type="button" className="button plain" onClick={onBack}>
          Back to the form
        </button>
      </div>
    </section>
  );
}
