import { presetOf } from "../../shared/access/login/provider-presets.ts";
import { useMayCall, usePages } from "../api.ts";
import { OnOff } from "../components/badges.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { NewProvider } from "./provider-new.tsx";
import { type Provider, ProviderPage } from "./provider-page.tsx";

export default function Providers({ path: [id, action] }: PageProps) {
  if (id === undefined) return <ProviderList />;
  return id === "new" ? <NewProvider /> : <ProviderPage id={id} testAtOnce={action === "test"} />;
}

const COLUMNS: readonly Column<Provider>[] = [
  { header: "Provider", cell: (row) => <a href={routeTo("providers", row.id)}>{row.name}</a> },
  { header: "Product", cell: (row) => presetOf(row).title, className: "wide" },
  { header: "Issuer", cell: (row) => row.issuer, className: "wide" },
  { header: "Groups seen", cell: (row) => <Moment at={row.groupsSeenAt} />, className: "wide" },
  { header: "State", cell: (row) => <OnOff on={row.enabled} /> },
];

function ProviderList() {
  const providers = usePages("identityProviders.list", {});
  const mayWrite = useMayCall("identityProviders.create");
  const add = (
    <a className="button" href={routeTo("providers", "new")}>
      Add a provider
    </a>
  );
  return (
    <>
      <PageHead title="Identity providers">{mayWrite && add}</PageHead>
      <Loaded query={providers}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              <p>People sign in with an account that they have already. Say with whose.</p>
              {mayWrite && add}
            </Empty>
          ) : (
            <DataTable caption="Identity providers" columns={COLUMNS} rows={rows} keyOf={(row) => row.id} />
          )
        }
      </Loaded>
      <ShowMore pages={providers} />
    </>
  );
}
