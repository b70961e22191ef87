import { type FormEvent, useState } from "react";
import { type RowOf, useApi, usePages } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";

type Member = RowOf<"microsegments.members">;
type Finding = Member["where"][number];

const BELONGING = {
  full: { tone: "good", words: "member" },
  narrow: { tone: "warn", words: "denials and isolation only" },
  undecided: { tone: "warn", words: "undecided" },
  none: { tone: "", words: "no member" },
} as const;

const COLUMNS: readonly Column<Member>[] = [
  {
    header: "Node",
    cell: (row) => <a href={routeTo("nodes", row.node)}>{row.name}</a>,
    sort: (row) => row.name,
    className: "long",
  },
  { header: "Owner", cell: (row) => row.user ?? "nobody", sort: (row) => row.user ?? "", className: "long" },
  { header: "How", cell: (row) => <Belonging of={row.belonging} />, sort: (row) => row.belonging },
  { header: "Why", cell: (row) => <Why member={row} />, className: "wide" },
];

/** The members as they are now, with why each is in, and why any other node is not. */
export function MicrosegmentMembers({ id }: { readonly id: string }) {
  const [belonging, setBelonging] = useState<Member["belonging"] | "">("");
  const members = usePages("microsegments.members", {
    params: { microsegment: id },
    query: belonging === "" ? {} : { belonging },
  });
  return (
    <section className="card">
      <h2>Members now</h2>
      <div className="form filters">
        <Field label="Show">
          {(c) => (
            <select
              {...c}
              value={belonging}
              onChange={(event) => setBelonging(event.target.value as Member["belonging"] | "")}
            >
              <option value="">members</option>
              <option value="undecided">undecided: a fact is missing</option>
              <option value="none">no members</option>
            </select>
          )}
        </Field>
      </div>
      <Loaded query={members}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No node is here.</Empty>
          ) : (
            <DataTable
              caption="Members of the microsegment"
              columns={COLUMNS}
              rows={rows}
              keyOf={(row) => row.node}
              pages={members}
            />
          )
        }
      </Loaded>
      <ShowMore pages={members} />
      <AskWhy id={id} />
    </section>
  );
}

function AskWhy({ id }: { readonly id: string }) {
  const [node, setNode] = useState("");
  const ask = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setNode(String(new FormData(event.currentTarget).get("node") ?? "").trim());
  };
  return (
    <>
      <form className="form filters" onSubmit={ask}>
        <Field label="Why is a node in, or not?">
          {(c) => <input {...c} name="node" required maxLength={254} placeholder="node" autoComplete="off" />}
        </Field>
        <div className="actions">
          <button type="submit" className="button plain">
            Ask
          </button>
        </div>
      </form>
      {node !== "" && <Answer id={id} node={node} />}
    </>
  );
}

function Answer({ id, node }: { readonly id: string; readonly node: string }) {
  const why = useApi("microsegments.why", { params: { microsegment: id }, query: { node } });
  return (
    <>
      <Failure error={why.error} />
      {why.data && (
        <div role="status">
          <p>
            <strong>{why.data.name}</strong> <Belonging of={why.data.belonging} />
          </p>
          <Why member={why.data} />
        </div>
      )}
    </>
  );
}

function Belonging({ of }: { readonly of: Member["belonging"] }) {
  const { tone, words } = BELONGING[of];
  return <span className={`badge ${tone}`.trim()}>{words}</span>;
}

function Why({ member }: { readonly member: Member }) {
  return (
    <>
      <p>{member.detail}</p>
      <ul className="entries">
        {member.where.map((finding) => (
          <Tested key={finding.test} finding={finding} />
        ))}
        {member.unless.map((finding) => (
          <Tested key={`unless ${finding.test}`} finding={finding} word="unless " />
        ))}
      </ul>
    </>
  );
}

/** A test with its fact: what it is, and who says so. */
function Tested({ finding, word = "" }: { readonly finding: Finding; readonly word?: string }) {
  const { test, fact, value, source, holds } = finding;
  const outcome = holds === null ? "can't be said" : holds ? "holds" : "does not hold";
  const said = value === null ? `${fact} is not known` : `${fact} is ${textOf(value)}, says ${SAYS[source]}`;
  return (
    <li>
      {word}
      <code>{test}</code> {outcome}: {said}
    </li>
  );
}

const SAYS = {
  administrator: "an administrator",
  provider: "the identity provider",
  "device management": "device management",
  platform: "the platform",
  node: "the node itself",
} as const;

const textOf = (value: string | boolean | readonly string[]): string =>
  Array.isArray(value) ? (value.length === 0 ? "empty" : value.join(", ")) : String(value);
