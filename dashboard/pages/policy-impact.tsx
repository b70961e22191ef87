import { useQuery } from "@tanstack/react-query";
import type { Body } from "../../shared/api/endpoints.ts";
import type { PolicyReplayed } from "../../shared/api/policy-life.ts";
import { decidedBy, impactInWords, scopeInWords } from "../../shared/api/replay-words.ts";
import { call } from "../api.ts";
import { Outcome } from "../components/badges.tsx";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Loaded } from "../components/states.tsx";
import { formatDateTime } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";

type Flip = PolicyReplayed["flips"][number];
type Asked = Body<"policies.review">;

/** What a change of a policy would do. `source` is null as if it were not in force. */
export const useReview = (body: Asked) =>
  useQuery({ queryKey: ["policies.review", body], queryFn: () => call("policies.review", { body }) });

/** Which recorded requests it would decide otherwise. */
const useReplay = ({ name, source }: Pick<Asked, "name" | "source">) =>
  useQuery({
    queryKey: ["policies.replay", name, source],
    queryFn: () => call("policies.replay", { body: { drafts: [{ name, source }] } }),
    retry: false,
  });

const COLUMNS: readonly Column<Flip>[] = [
  { header: "Would be", cell: ({ to }) => <Outcome decision={to} /> },
  { header: "Requests", cell: ({ requests }) => requests },
  { header: "Caller", cell: ({ caller }) => caller.name, className: "long" },
  { header: "App", cell: ({ app }) => app },
  {
    header: "Such as",
    cell: ({ example }) => (
      <a href={routeTo("decisions", example.id)}>
        <code>
          {example.method} {example.path}
        </code>
      </a>
    ),
    className: "wide",
  },
  { header: "Today", cell: ({ before }) => decidedBy(before), className: "wide" },
  { header: "Then", cell: ({ after }) => decidedBy(after), className: "wide" },
];

/** The requests of the last days that would be decided otherwise, with the policies before and after. */
export function PolicyImpact(asked: Pick<Asked, "name" | "source">) {
  const replay = useReplay(asked);
  return (
    <Loaded query={replay}>
      {(found) => (
        <>
          <p>
            <strong>{impactInWords(found)}</strong>
          </p>
          {found.flips.length > 0 && (
            <DataTable
              caption="Requests that would be decided otherwise"
              columns={COLUMNS}
              rows={found.flips}
              keyOf={({ example, to }) => `${to} ${example.id}`}
            />
          )}
          <p className="muted">{scopeInWords(found, formatDateTime).join(" ")}</p>
        </>
      )}
    </Loaded>
  );
}

/** What would follow if a policy were no longer in force, for the question before it. */
export function WithoutPolicy({ name }: { readonly name: string }) {
  const review = useReview({ name, source: null });
  return (
    <>
      {review.data?.lockOuts.map((sentence) => (
        <p key={sentence} className="notice bad">
          {sentence}
        </p>
      ))}
      <PolicyImpact name={name} source={null} />
    </>
  );
}
