import { useState } from "react";
import { type ListId, type RowOf, usePages } from "../api.ts";
import { ShowMore } from "../components/data-table.tsx";
import { PageHead } from "../components/page-head.tsx";
import { SearchField } from "../components/search-field.tsx";
import { Loaded } from "../components/states.tsx";
import { routeTo, routeWith, useFilters } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { AppReachCard, UserReachCard } from "./reach-cards.tsx";

/** Who can reach an app, or what a person can: now, or at a time. */
export default function Reach({ path: [kind, name] }: PageProps) {
  const [{ at = "" }, setFilters] = useFilters();
  if (name === undefined || (kind !== "app" && kind !== "user")) return <Choose />;
  const asked = { at, onAt: (moment: string) => setFilters({ at: moment }) };
  return (
    <>
      <PageHead title={kind === "app" ? `Who can reach ${name}` : `What ${name} can reach`}>
        <a
          className="button plain"
          href={kind === "app" ? routeTo("apps", name) : routeTo("people", "users", name)}
        >
          Its page
        </a>
        <a className="button plain" href={routeWith({ [kind]: name }, "decisions")}>
          Decisions
        </a>
        <a className="button plain" href={routeWith({ kind, name }, "history")}>
          History
        </a>
      </PageHead>
      {kind === "app" ? <AppReachCard app={name} {...asked} /> : <UserReachCard user={name} {...asked} />}
      <p className="muted">
        Statements under “if” turn on what only a request says: its path and method, from where it comes, how
        the person signed in. People who never signed in through a provider count with the groups of the
        registry alone.
      </p>
    </>
  );
}

function Choose() {
  const [search, setSearch] = useState("");
  const query = { limit: 20, ...(search && { search }) };
  return (
    <>
      <PageHead title="Who can reach what" />
      <div className="form filters">
        <SearchField
          label="App or person"
          placeholder="Name, host or e-mail"
          value={search}
          onSearch={setSearch}
        />
      </div>
      <div className="columns">
        <Choices
          id="apps.list"
          query={query}
          title="Who can reach …"
          linkOf={(app) => ({ href: routeTo("reach", "app", app.name), text: app.title || app.name })}
        />
        <Choices
          id="users.list"
          query={query}
          title="What can they reach …"
          linkOf={({ email }) => ({ href: routeTo("reach", "user", email), text: email })}
        />
      </div>
    </>
  );
}

interface Choices<Id extends ListId> {
  readonly id: Id;
  readonly query: object;
  readonly title: string;
  readonly linkOf: (row: RowOf<Id>) => { readonly href: string; readonly text: string };
}

function Choices<Id extends ListId>({ id, query, title, linkOf }: Choices<Id>) {
  const rows = usePages(id, { query } as unknown as Parameters<typeof usePages<Id>>[1]);
  return (
    <section className="card">
      <h2>{title}</h2>
      <Loaded query={rows}>
        {(list) =>
          list.length === 0 ? (
            <p className="muted">Nothing is called so.</p>
          ) : (
            <ul>
              {list.map(linkOf).map(({ href, text }) => (
                <li key={href}>
                  <a href={href}>{text}</a>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <ShowMore pages={rows} />
    </section>
  );
}
