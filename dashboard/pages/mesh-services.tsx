import { type RowOf, useMayWrite, usePages } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { EditMeshService, NewMeshService } from "./mesh-service-form.tsx";

type Service = RowOf<"meshServices.list">;

export default function MeshServices({ path: [id] }: PageProps) {
  if (id === undefined) return <ServiceList />;
  return id === "new" ? <NewMeshService /> : <EditMeshService id={id} />;
}

const COLUMNS: readonly Column<Service>[] = [
  {
    header: "Service",
    cell: (service) => <a href={routeTo("mesh-services", service.id)}>{service.name}</a>,
    sort: (service) => service.name,
    className: "long",
  },
  { header: "Traffic", cell: (service) => <code>{service.traffic.join(" ")}</code>, className: "wide" },
  { header: "Description", cell: (service) => service.description, className: "wide" },
];

function ServiceList() {
  const search = useListSearch("Name or description");
  const services = usePages("meshServices.list", { query: search.query });
  const mayWrite = useMayWrite();
  return (
    <>
      <PageHead title="Services">
        {mayWrite && (
          <a className="button" href={routeTo("mesh-services", "new")}>
            Name a service
          </a>
        )}
      </PageHead>
      <p className="muted">
        Traffic with a name. <a href={routeTo("mesh-rules")}>Node rules</a> name it as{" "}
        <code>service:NAME</code>, and follow when it changes.
      </p>
      {search.field}
      <Loaded query={services}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>{search.isAsked ? "Nothing fits." : "There is no service yet."}</Empty>
          ) : (
            <DataTable
              caption="Services"
              columns={COLUMNS}
              rows={rows}
              keyOf={(service) => service.id}
              pages={services}
            />
          )
        }
      </Loaded>
      <ShowMore pages={services} />
    </>
  );
}
