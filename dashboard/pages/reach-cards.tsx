import { useInfiniteQuery } from "@tanstack/react-query";
import { grantOf } from "../../shared/access/policy/statement-id.ts";
import type { Answer, Query } from "../../shared/api/endpoints.ts";
import { askersInWords, conditionsOf, mayOf, permitting } from "../../shared/api/reach-words.ts";
import { call } from "../api.ts";
import { AsOf, useMoment } from "../components/as-of.tsx";
import { DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Loaded } from "../components/states.tsx";
import { routeTo, routeWith } from "../lib/router.ts";

type Page = Answer<"reach.app"> | Answer<"reach.user">;

/** An answer about reach that grows page by page. Its policies are those that the shown items name. */
function useReach<Of extends Page>(key: readonly unknown[], ask: (query: Query<"reach.app">) => Promise<Of>) {
  const pages = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }): Promise<Of> => ask(pageParam === undefined ? {} : { cursor: pageParam }),
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const loaded = pages.data?.pages ?? [];
  const [first] = loaded;
  const data = first && {
    ...first,
    items: loaded.flatMap(({ items }) => items as Of["items"][number][]),
    policies: loaded.flatMap(({ policies }) => policies),
  };
  return { ...pages, data };
}

/** How many more there are, and what shows them. */
function Rest({
  reach,
}: {
  readonly reach: Pick<
    ReturnType<typeof useReach<Page>>,
    "data" | "hasNextPage" | "isFetchingNextPage" | "fetchNextPage"
  >;
}) {
  if (!reach.data || !reach.hasNextPage) return null;
  return (
    <>
      <p className="muted">
        {reach.data.items.length} of {reach.data.total} are shown.
      </p>
      <ShowMore pages={reach} />
    </>
  );
}

interface AtTime {
  /** As in the address; empty for now. */
  readonly at: string;
  readonly onAt: (at: string) => void;
}

/** The statements that permit. Each leads to what was changed of its policy and by whom, also if it is gone by now. */
function Because({
  by,
  grants,
}: {
  readonly by: ReturnType<typeof permitting<Page["policies"][number]>>;
  readonly grants: Page["items"][number]["grants"];
}) {
  const grantBehind = (id: string) => grants.find((grant) => grant.id === grantOf(id));
  return by.map(({ id, policy }, at) => (
    <span key={id}>
      {at > 0 && ", "}
      {grantBehind(id) ? (
        <GrantLink grant={grantBehind(id) as Grant} />
      ) : policy ? (
        <a href={routeWith({ kind: "policy", name: policy.id }, "history")}>
          {id} (version {policy.version})
        </a>
      ) : (
        id
      )}
    </span>
  ));
}

type Grant = Page["items"][number]["grants"][number];

const GrantLink = ({ grant }: { readonly grant: Grant }) => (
  <>
    <a href={routeTo("grants", grant.id)}>{grant.emergency ? "an emergency" : "a grant"}</a>, which ends{" "}
    <Moment at={grant.until} />
  </>
);

/** What a person can reach, or could at a time, and why. */
export function UserReachCard({ user, at, onAt }: AtTime & { readonly user: string }) {
  const moment = useMoment(at);
  const reach = useReach(["reach.user", user, moment], (page) =>
    call("reach.user", { params: { user }, query: { ...moment, ...page } }),
  );
  return (
    <section className="card">
      <h2>{at === "" ? "What they can reach" : "What they could reach"}</h2>
      <AsOf at={at} onChange={onAt} began={reach.data?.began} />
      <Loaded query={reach}>
        {({ user: person, items: apps, policies }) => (
          <>
            <p>
              {person.isActive
                ? `Groups, those of identity providers among them: ${person.groups.join(", ") || "none"}.`
                : "Nothing: the account was disabled."}
            </p>
            {person.isActive && person.mayRequest.length > 0 && (
              <p>They may request access to {person.mayRequest.join(", ")}.</p>
            )}
            {person.isActive && apps.length === 0 && (
              <p className="muted">No policy and no grant lets them reach an app.</p>
            )}
            {apps.length > 0 && (
              <DataTable
                caption="Apps within reach"
                rows={apps}
                keyOf={({ id }) => id}
                columns={[
                  {
                    header: "App",
                    cell: ({ id, name }) => <a href={routeTo("apps", id)}>{name}</a>,
                    sort: ({ name }) => name,
                  },
                  { header: "May", cell: ({ actions }) => mayOf(actions) },
                  {
                    header: "By",
                    cell: ({ actions, grants }) => (
                      <Because by={permitting(actions, policies)} grants={grants} />
                    ),
                    className: "wide",
                  },
                  { header: "If", cell: ({ actions }) => conditionsOf(actions), className: "wide" },
                ]}
              />
            )}
          </>
        )}
      </Loaded>
      <Rest reach={reach} />
    </section>
  );
}

/** Who can reach an app, or could at a time, and why. */
export function AppReachCard({ app, at, onAt }: AtTime & { readonly app: string }) {
  const moment = useMoment(at);
  const reach = useReach(["reach.app", app, moment], (page) =>
    call("reach.app", { params: { app }, query: { ...moment, ...page } }),
  );
  return (
    <section className="card">
      <h2>{at === "" ? "Who can reach it" : "Who could reach it"}</h2>
      <AsOf at={at} onChange={onAt} began={reach.data?.began} />
      {reach.data && askersInWords(reach.data.app) !== "" && <p>{askersInWords(reach.data.app)}</p>}
      <Loaded query={reach}>
        {({ app: { enabled }, items: callers, policies }) => {
          if (!enabled) return <p className="muted">Nobody: it was switched off.</p>;
          if (callers.length === 0)
            return <p className="muted">Nobody: no policy and no grant lets anybody reach it.</p>;
          return (
            <DataTable
              caption="Who is within reach"
              rows={callers}
              keyOf={({ kind, id, name }) => `${kind} ${id ?? name}`}
              columns={[
                {
                  header: "Who",
                  cell: ({ kind, id, name }) =>
                    kind === "user" && id !== null ? (
                      <a href={routeTo("people", "users", id)}>{name}</a>
                    ) : kind === "serviceToken" ? (
                      `the service token ${name}`
                    ) : (
                      name
                    ),
                  sort: ({ name }) => name,
                  className: "long",
                },
                { header: "May", cell: ({ actions }) => mayOf(actions) },
                {
                  header: "By",
                  cell: ({ actions, grants }) => (
                    <Because by={permitting(actions, policies)} grants={grants} />
                  ),
                  className: "wide",
                },
                { header: "If", cell: ({ actions }) => conditionsOf(actions), className: "wide" },
                { header: "Groups", cell: ({ groups }) => groups.join(", "), className: "wide" },
              ]}
            />
          );
        }}
      </Loaded>
      <Rest reach={reach} />
    </section>
  );
}
