import type { Answer } from "../../shared/api/endpoints.ts";
import { parsePast } from "../../shared/base/past.ts";
import { useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatDateTime } from "../lib/format.ts";
import { localInput, readLocalInput } from "../lib/local-input.ts";
import { type Filters, routeTo, routeWith, useFilters } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";

type AppReach = Answer<"reach.app">;
type UserReach = Answer<"reach.user">;
type Actions = AppReach["callers"][number]["actions"];

/** Who can reach an app, or what a person can: now, or at a time. */
export default function Reach({ path: [kind, name] }: PageProps) {
  if (kind === "app" && name !== undefined) return <WhoReaches name={name} />;
  if (kind === "user" && name !== undefined) return <WhatReaches name={name} />;
  return <Choose />;
}

function Choose() {
  const apps = useApi("apps.list", { query: { limit: 200 } });
  return (
    <>
      <PageHead title="Who can reach what" />
      <p>Choose an app, or search for a person above.</p>
      <Loaded query={apps}>
        {({ items }) => (
          <ul>
            {items.map((app) => (
              <li key={app.id}>
                <a href={routeTo("reach", "app", app.name)}>{app.title || app.name}</a>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </>
  );
}

function useAt(): [Filters, (filters: Filters) => void, { at?: number }] {
  const [filters, setFilters] = useFilters();
  const at = filters.at ? (parsePast(filters.at, Date.now()) ?? null) : null;
  return [filters, setFilters, at === null ? {} : { at }];
}

/** The moment that is asked about; empty for now. */
function At({ at, onChange }: { readonly at: number | undefined; readonly onChange: (at: string) => void }) {
  return (
    <div className="form filters">
      <Field label="At" hint="Empty for now.">
        {(c) => (
          <input
            {...c}
            type="datetime-local"
            value={localInput(at ?? null)}
            onChange={(event) => {
              const moment = readLocalInput(event.target.value);
              onChange(moment === null ? "" : new Date(moment).toISOString());
            }}
          />
        )}
      </Field>
    </div>
  );
}

function WhoReaches({ name }: { readonly name: string }) {
  const [filters, setFilters, query] = useAt();
  const reach = useApi("reach.app", { params: { app: name }, query });
  return (
    <>
      <PageHead title={`Who can reach ${name}`}>
        <a className="button plain" href={routeWith({ app: name }, "decisions")}>
          Decisions
        </a>
        <a className="button plain" href={routeWith({ kind: "app", name }, "history")}>
          History
        </a>
      </PageHead>
      <At at={query.at} onChange={(at) => setFilters({ ...filters, at })} />
      <Loaded query={reach}>
        {(data) =>
          data.callers.length === 0 ? (
            <Empty>
              Nobody could reach it at {formatDateTime(data.at)}
              {data.app.enabled ? "." : ": it was switched off."}
            </Empty>
          ) : (
            <DataTable
              caption={`Who could reach ${data.app.name} at ${formatDateTime(data.at)}`}
              rows={data.callers}
              keyOf={(caller) => caller.id ?? "anyone"}
              columns={[
                {
                  header: "Who",
                  cell: ({ kind, name }) =>
                    kind === "user" ? <a href={routeTo("reach", "user", name)}>{name}</a> : name,
                  className: "long",
                },
                ...outlookColumns<AppReach["callers"][number]>(data.policies),
                { header: "Groups", cell: ({ groups }) => groups.join(", "), className: "wide" },
              ]}
            />
          )
        }
      </Loaded>
      <Explanation />
    </>
  );
}

function WhatReaches({ name }: { readonly name: string }) {
  const [filters, setFilters, query] = useAt();
  const reach = useApi("reach.user", { params: { user: name }, query });
  return (
    <>
      <PageHead title={`What ${name} can reach`}>
        <a className="button plain" href={routeWith({ user: name }, "decisions")}>
          Decisions
        </a>
        <a className="button plain" href={routeWith({ kind: "user", name }, "history")}>
          History
        </a>
      </PageHead>
      <At at={query.at} onChange={(at) => setFilters({ ...filters, at })} />
      <Loaded query={reach}>
        {(data: UserReach) => (
          <>
            <p>
              {data.user.isActive ? "" : "The account was disabled. "}
              Groups at {formatDateTime(data.at)}: {data.user.groups.join(", ") || "none"}.
            </p>
            {data.apps.length === 0 ? (
              <Empty>No app could be reached.</Empty>
            ) : (
              <DataTable
                caption={`What ${data.user.email} could reach`}
                rows={data.apps}
                keyOf={(app) => app.id}
                columns={[
                  {
                    header: "App",
                    cell: (app) => <a href={routeTo("reach", "app", app.name)}>{app.name}</a>,
                  },
                  ...outlookColumns<UserReach["apps"][number]>(data.policies),
                ]}
              />
            )}
          </>
        )}
      </Loaded>
      <Explanation />
    </>
  );
}

const Explanation = () => (
  <p className="muted">
    Statements under “unless” turn on what only a request says: its path and method, from where it comes, how
    the person signed in. People who never signed in through a provider count with the groups of the registry
    alone.
  </p>
);

function outlookColumns<Row extends { readonly actions: Actions }>(
  policies: AppReach["policies"],
): Column<Row>[] {
  const statement = (id: string) => {
    const policy = policies.find(({ name }) => name === id.replace(/#[\d.]+$/, ""));
    return policy ? `${id} (version ${policy.version})` : id;
  };
  const listed = (actions: Actions, of: "by" | "unless") =>
    [...new Set(Object.values(actions).flatMap((one) => (one.answer === "no" ? [] : one[of])))]
      .map(statement)
      .join(", ");
  const may = (actions: Actions, wanted: "yes" | "depends") =>
    Object.entries(actions)
      .filter(([, { answer }]) => answer === wanted)
      .map(([action]) => action)
      .join(", ");
  return [
    { header: "May", cell: ({ actions }) => may(actions, "yes") },
    { header: "May for some requests", cell: ({ actions }) => may(actions, "depends"), className: "wide" },
    { header: "By", cell: ({ actions }) => listed(actions, "by"), className: "wide" },
    { header: "Unless or if", cell: ({ actions }) => listed(actions, "unless"), className: "wide" },
  ];
}
