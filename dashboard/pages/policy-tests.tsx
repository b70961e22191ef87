import type { PolicyTestCase } from "../../shared/api/policies.ts";
import { Outcome } from "../components/badges.tsx";
import { DataTable } from "../components/data-table.tsx";
import { Empty } from "../components/states.tsx";

interface PolicyTests {
  readonly tests: readonly PolicyTestCase[];
  /** Null for those who only look on. */
  readonly onRemove: ((at: number) => void) | null;
}

/** What must stay so: asked when the policy is published. */
export function PolicyTests({ tests, onRemove }: PolicyTests) {
  if (tests.length === 0)
    return (
      <Empty>
        Nothing is held to yet. Ask the tester above, and keep its answer: it must be the same at each
        publication.
      </Empty>
    );
  return (
    <DataTable
      caption="Tests"
      rows={tests.map((test, at) => ({ ...test, at }))}
      keyOf={({ at }) => String(at)}
      columns={[
        { header: "Test", cell: ({ name }) => name },
        { header: "Request", cell: ({ method, app, path }) => `${method} ${app} ${path}` },
        { header: "Must be", cell: ({ expect }) => <Outcome decision={expect} /> },
        {
          header: "Actions",
          cell: ({ at, name }) =>
            onRemove && (
              <button
                type="button"
                className="button plain small"
                aria-label={`Remove the test ${name}`}
                onClick={() => onRemove(at)}
              >
                Remove
              </button>
            ),
        },
      ]}
    />
  );
}
