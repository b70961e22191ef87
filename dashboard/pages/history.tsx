import { useInfiniteQuery } from "@tanstack/react-query";
import type { Answer } from "../../shared/api/endpoints.ts";
import { HISTORY_KINDS } from "../../shared/api/history.ts";
import { whoActed } from "../../shared/audit/who.ts";
import { parsePast } from "../../shared/base/past.ts";
import { call } from "../api.ts";
import { ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { ThingChanged } from "../components/thing-changed.tsx";
import { formatDateTime } from "../lib/format.ts";
import { type Filters, routeWith, useFilters } from "../lib/router.ts";

type Page = Answer<"history.list">;

const KIND_WORDS: Readonly<Record<(typeof HISTORY_KINDS)[number], string>> = {
  network: "Network settings",
  user: "Users",
  group: "Groups",
  segment: "Segments",
  app: "Apps",
  policy: "Policies",
  identityProvider: "Identity providers",
  serviceToken: "Service tokens",
  notificationDestination: "Notifications",
  apiToken: "API tokens",
  node: "Nodes",
  meshRule: "Node rules",
  enrolmentKey: "Enrolment keys",
};
const NAMES = ["name", "user", "since", "until"] as const;

/** Who changed what, when and why, with what it was before. */
export default function History() {
  const [filters, setFilters] = useFilters();
  const pages = useInfiniteQuery({
    queryKey: ["history.list", filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }): Promise<Page> =>
      call("history.list", { query: queryOf(filters, pageParam) as never }),
    getNextPageParam: (page) => page.next,
  });
  const names = Object.assign({}, ...(pages.data?.pages ?? []).map((page) => page.names)) as Record<
    string,
    string
  >;
  const items = pages.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <PageHead title="History" />
      <HistoryFilters filters={filters} onChange={setFilters} />
      <Loaded query={{ ...pages, data: items }}>
        {(list) =>
          list.length === 0 ? (
            <Empty>Nothing that was changed matches.</Empty>
          ) : (
            <ol className="history">
              {list.map((item) => (
                <li
                  key={`${item.at} ${item.entry} ${item.things[0]?.target} ${item.things[0]?.other}`}
                  className="card"
                >
                  <h2>
                    {item.actor === null
                      ? "Not by an administrator"
                      : whoActed({ person: item.person, actor: item.actor, via: item.via })}{" "}
                    <time dateTime={new Date(item.at).toISOString()}>{formatDateTime(item.at)}</time>
                  </h2>
                  {item.note && <p>“{item.note}”</p>}
                  {item.things.map((thing) => (
                    <ThingChanged
                      key={`${thing.kind} ${thing.target} ${thing.other}`}
                      thing={thing}
                      names={names}
                    />
                  ))}
                  {item.entry && (
                    <p>
                      <a href={routeWith({ id: item.entry, kinds: "admin,login,session,system" }, "audit")}>
                        The entry that proves it
                      </a>
                    </p>
                  )}
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      <ShowMore pages={pages} />
      {pages.data && (
        <p className="muted">Recorded since {formatDateTime(pages.data.pages[0]?.began ?? 0)}.</p>
      )}
    </>
  );
}

function queryOf(filters: Filters, cursor: string | null): Record<string, string | number> {
  const query: Record<string, string | number> = { limit: 50, ...(cursor === null ? {} : { cursor }) };
  for (const name of ["kind", ...NAMES]) {
    const value = filters[name];
    const read = name === "since" || name === "until" ? parsePast(value ?? "", Date.now()) : value;
    if (read) query[name] = read;
  }
  return query;
}

function HistoryFilters({
  filters,
  onChange,
}: {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}) {
  const labels = { name: "Name", user: "Changed by", since: "Since", until: "Until" };
  return (
    <search aria-label="Filter">
      <form
        className="form filters"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          onChange({
            ...filters,
            ...Object.fromEntries(NAMES.map((name) => [name, String(form.get(name) ?? "").trim()])),
          });
        }}
      >
        <Field label="Kind">
          {(c) => (
            <select
              {...c}
              value={filters.kind ?? ""}
              onChange={(event) => onChange({ ...filters, kind: event.target.value })}
            >
              <option value="">All</option>
              {HISTORY_KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {KIND_WORDS[kind]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {NAMES.map((name) => (
          <Field key={name} label={labels[name]}>
            {(c) => (
              <input
                {...c}
                key={filters[name] ?? ""}
                name={name}
                defaultValue={filters[name] ?? ""}
                autoComplete="off"
              />
            )}
          </Field>
        ))}
        <button type="submit" className="button">
          Search
        </button>
      </form>
    </search>
  );
}
