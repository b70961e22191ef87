import type { Answer, Query } from "../../shared/api/endpoints.ts";
import { whoActed } from "../../shared/audit/who.ts";
import { usePages } from "../api.ts";
import { ShowMore } from "../components/data-table.tsx";
import { LineDiff } from "../components/line-diff.tsx";
import { Moment } from "../components/moment.tsx";
import { Loaded } from "../components/states.tsx";
import { routeWith } from "../lib/router.ts";

type Item = Answer<"history.list">["items"][number];
type FieldChange = Item["things"][number]["fields"][number];

interface HistoryCard {
  readonly kind: NonNullable<Query<"history.list">["kind"]>;
  /** Its id. */
  readonly name: string;
}

/** Who changed a thing, when, and what it was before; newest first. */
export function HistoryCard({ kind, name }: HistoryCard) {
  const history = usePages("history.list", { query: { kind, name, limit: 10 } });
  return (
    <section className="card">
      <h2>Changes</h2>
      <Loaded query={history}>
        {(items) =>
          items.length === 0 ? (
            <p className="muted">Nothing was changed since changes are recorded.</p>
          ) : (
            <ol className="history">
              {items.map((item) => (
                <li key={`${item.at} ${item.entry}`}>
                  <Change item={item} />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      <ShowMore pages={history} />
    </section>
  );
}

function Change({ item }: { readonly item: Item }) {
  const { at, actor, person, via, note, entry, things } = item;
  return (
    <>
      <p>
        <strong>{actor === null ? "The system" : whoActed({ person, actor, via })}</strong>,{" "}
        <Moment at={at} />
        {note && `: ${note}`} {entry && <a href={routeWith({ id: entry }, "audit")}>its entry in the log</a>}
      </p>
      {things.map((thing) => (
        <div key={`${thing.kind} ${thing.target} ${thing.other}`}>
          {thing.kind.replaceAll(/([A-Z])/g, " $1").toLowerCase()} <strong>{thing.name}</strong>{" "}
          {thing.change}
          {thing.fields.map((field) => (
            <Field key={field.field} field={field} />
          ))}
        </div>
      ))}
    </>
  );
}

function Field({ field: { field, before, after } }: { readonly field: FieldChange }) {
  const isLong = [before, after].some((value) => typeof value === "string" && value.includes("\n"));
  return (
    <div className="field-change">
      <span className="muted">{field}</span>{" "}
      {isLong ? (
        <LineDiff before={textOf(before)} after={textOf(after)} />
      ) : (
        <>
          <del>{textOf(before) || "nothing"}</del> → <ins>{textOf(after) || "nothing"}</ins>
        </>
      )}
    </div>
  );
}

const textOf = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
