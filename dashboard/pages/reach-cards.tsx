import { conditionsOf, mayOf, permitting } from "../../shared/api/reach-words.ts";
import { useApi } from "../api.ts";
import { AsOf, useMoment } from "../components/as-of.tsx";
import { DataTable } from "../components/data-table.tsx";
import { Loaded } from "../components/states.tsx";
import { routeTo, routeWith } from "../lib/router.ts";

interface AtTime {
  /** As in the address; empty for now. */
  readonly at: string;
  readonly onAt: (at: string) => void;
}

/** The statements that permit. Each leads to what was changed of its policy and by whom, also if it is gone by now. */
function Because({ by }: { readonly by: ReturnType<typeof permitting> }) {
  return by.map(({ id, policy }, at) => (
    <span key={id}>
      {at > 0 && ", "}
      {policy ? (
        <a href={routeWith({ kind: "policy", name: policy.id }, "history")}>
          {id} (version {policy.version})
        </a>
      ) : (
        id
      )}
    </span>
  ));
}

/** What a person can reach, or could at a time, and why. */
export function UserReachCard({ user, at, onAt }: AtTime & { readonly user: string }) {
  const reach = useApi("reach.user", { params: { user }, query: useMoment(at) });
  return (
    <section className="card">
      <h2>{at === "" ? "What they can reach" : "What they could reach"}</h2>
      <AsOf at={at} onChange={onAt} began={reach.data?.began} />
      <Loaded query={reach}>
        {({ user: person, apps, policies }) => (
          <>
            <p>
              {person.isActive
                ? `Groups, those of identity providers among them: ${person.groups.join(", ") || "none"}.`
                : "Nothing: the account was disabled."}
            </p>
            {person.isActive && apps.length === 0 && (
              <p className="muted">No policy lets them reach an app.</p>
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
                    cell: ({ actions }) => <Because by={permitting(actions, policies)} />,
                    className: "wide",
                  },
                  { header: "If", cell: ({ actions }) => conditionsOf(actions), className: "wide" },
                ]}
              />
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

/** Who can reach an app, or could at a time, and why. */
export function AppReachCard({ app, at, onAt }: AtTime & { readonly app: string }) {
  const reach = useApi("reach.app", { params: { app }, query: useMoment(at) });
  return (
    <section className="card">
      <h2>{at === "" ? "Who can reach it" : "Who could reach it"}</h2>
      <AsOf at={at} onChange={onAt} began={reach.data?.began} />
      <Loaded query={reach}>
        {({ app: { enabled }, callers, policies }) => {
          if (!enabled) return <p className="muted">Nobody: it was switched off.</p>;
          if (callers.length === 0) return <p className="muted">Nobody: no policy lets anybody reach it.</p>;
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
                  cell: ({ actions }) => <Because by={permitting(actions, policies)} />,
                  className: "wide",
                },
                { header: "If", cell: ({ actions }) => conditionsOf(actions), className: "wide" },
                { header: "Groups", cell: ({ groups }) => groups.join(", "), className: "wide" },
              ]}
            />
          );
        }}
      </Loaded>
    </section>
  );
}
