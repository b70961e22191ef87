import { isInMaintenance } from "../../shared/registry/maintenance.ts";
import { useMayWrite, usePages } from "../api.ts";
import { OnOff } from "../components/badges.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { SearchField } from "../components/search-field.tsx";
import { SegmentSelect } from "../components/segment-select.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo, useFilters } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { type App, EditApp, NewApp } from "./app-form.tsx";

export default function Apps({ path: [id] }: PageProps) {
  if (id === undefined) return <AppList />;
  return id === "new" ? <NewApp /> : <EditApp id={id} />;
}

const COLUMNS: readonly Column<App>[] = [
  {
    header: "App",
    cell: (app) => <a href={routeTo("apps", app.id)}>{app.title || app.name}</a>,
    sort: (app) => app.title || app.name,
  },
  {
    header: "Host",
    cell: (app) => [app.host, ...app.otherHosts].join(", "),
    sort: (app) => app.host,
    className: "long",
  },
  { header: "Segment", cell: (app) => app.segment, sort: (app) => app.segment, className: "wide" },
  { header: "Upstreams", cell: (app) => app.upstreams.join(", "), className: "wide" },
  { header: "Tags", cell: (app) => app.tags.join(", "), className: "wide" },
  {
    header: "State",
    cell: (app) => (
      <>
        <AppState app={app} />
        {app.settings.anonymous && <span className="badge warn">Without sign-in</span>}
      </>
    ),
    sort: (app) => app.enabled,
  },
];

const AppState = ({ app }: { readonly app: App }) =>
  app.enabled && isInMaintenance(app.settings, null, Date.now()) ? (
    <span className="badge warn">Maintenance</span>
  ) : (
    <OnOff on={app.enabled} />
  );

function AppList() {
  const [filters, setFilters] = useFilters();
  const { search = "", segment = "", enabled = "" } = filters;
  const apps = usePages("apps.list", {
    query: {
      ...(search && { search }),
      ...(segment && { segment }),
      ...(enabled && { enabled: enabled as "true" | "false" }),
    },
  });
  const mayWrite = useMayWrite();
  return (
    <>
      <PageHead title="Apps">
        {mayWrite && (
          <a className="button" href={routeTo("apps", "new")}>
            Add an app
          </a>
        )}
      </PageHead>
      <div className="form filters">
        <SearchField
          label="Search"
          placeholder="Name, host or tag"
          value={search}
          onSearch={(text) => setFilters({ ...filters, search: text })}
        />
        <Field label="Segment">
          {(c) => (
            <SegmentSelect
              control={c}
              name="segment"
              none="All"
              defaultValue={segment}
              onChange={(name) => setFilters({ ...filters, segment: name })}
            />
          )}
        </Field>
        <Field label="State">
          {(c) => (
            <select
              {...c}
              value={enabled}
              onChange={(event) => setFilters({ ...filters, enabled: event.target.value })}
            >
              <option value="">All</option>
              <option value="true">On</option>
              <option value="false">Off</option>
            </select>
          )}
        </Field>
      </div>
      <Loaded query={apps}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {[search, segment, enabled].every((given) => given === "") ? (
                <>
                  <p>No app stands behind the gateway yet.</p>
                  {mayWrite && <a href={routeTo("apps", "new")}>Add the first one</a>}
                </>
              ) : (
                "No app fits."
              )}
            </Empty>
          ) : (
            <DataTable caption="Apps" columns={COLUMNS} rows={rows} keyOf={(app) => app.id} pages={apps} />
          )
        }
      </Loaded>
      <ShowMore pages={apps} />
    </>
  );
}
