import { useApi, useMayWrite, usePages } from "../api.ts";
import { DataTable, ShowMore } from "../components/data-table.tsx";
import { Facts } from "../components/facts.tsx";
import { Moment } from "../components/moment.tsx";
import { NodeStatus, Online } from "../components/node-badges.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { routeTo, routeWith, useFilters } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";
import { UserReachCard } from "./reach-cards.tsx";
import { SessionTable } from "./sessions.tsx";
import { type User, useUserChange } from "./user-changes.tsx";
import { UserPasskeysCard } from "./user-passkeys-card.tsx";
import { UserRiskCard } from "./user-risk-card.tsx";
import { RoleSelect, StatusButton } from "./users.tsx";

/** All about one person: who they are, their sessions and devices, with the actions at hand. */
export function UserPage({ id }: { readonly id: string }) {
  const user = useApi("users.get", { params: { user: id } });
  return (
    <>
      <PageHead title={user.data?.email ?? "User"}>
        <a className="button plain" href={routeTo("people")}>
          All users
        </a>
      </PageHead>
      <Loaded query={user}>{(data) => <LoadedUser user={data} />}</Loaded>
    </>
  );
}

function LoadedUser({ user }: { readonly user: User }) {
  const { change, dialog, error } = useUserChange();
  const mayWrite = useMayWrite();
  const [{ at = "" }, setFilters] = useFilters();
  return (
    <>
      {dialog}
      <Failure error={error} />
      <section className="card">
        <h2>
          <span className={user.status === "active" ? "badge good" : "badge bad"}>{user.status}</span>{" "}
          {user.role && <span className="badge">{user.role}</span>}
        </h2>
        <Facts
          value={{
            name: user.name || "not known",
            groups: user.groups,
            id: user.id,
          }}
        />
        <p className="spaced">
          Known since <Moment at={user.createdAt} />, changed <Moment at={user.updatedAt} />.
          {user.expiresAt !== null && (
            <>
              {" "}
              Their access ends <Moment at={user.expiresAt} />.
            </>
          )}
        </p>
        <div className="actions">
          <a className="button plain" href={routeWith({ user: user.email }, "decisions")}>
            Decisions about them
          </a>
          <a className="button plain" href={routeWith({ user: user.email }, "audit")}>
            What they did
          </a>
          <a className="button plain" href={routeWith({ user: user.email }, "history")}>
            What they changed
          </a>
          {mayWrite && <RoleSelect user={user} onChange={change} />}
          {mayWrite && <StatusButton user={user} onChange={change} />}
        </div>
      </section>
      <UserPasskeysCard user={user.id} />
      <UserRiskCard user={user.id} />
      <UserReachCard user={user.id} at={at} onAt={(moment) => setFilters({ at: moment })} />
      <UserSessions user={user} />
      <UserDevices user={user} />
      <HistoryCard kind="user" name={user.id} />
    </>
  );
}

function UserSessions({ user }: { readonly user: User }) {
  const sessions = usePages("sessions.list", { query: { user: user.id, state: "live" } });
  return (
    <>
      <h2>Sessions</h2>
      <Loaded query={sessions}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="muted">Not signed in.</p>
          ) : (
            <SessionTable rows={rows} pages={sessions} />
          )
        }
      </Loaded>
      <ShowMore pages={sessions} />
      <p>
        <a href={routeWith({ user: user.email, state: "ended" }, "sessions")}>Sessions that ended</a>
      </p>
    </>
  );
}

function UserDevices({ user }: { readonly user: User }) {
  const nodes = usePages("nodes.list", { query: { user: user.id } });
  return (
    <>
      <h2>Devices</h2>
      <Loaded query={nodes}>
        {(own) => {
          if (own.length === 0) return <p className="muted">No node belongs to them.</p>;
          return (
            <DataTable
              caption={`Nodes of ${user.email}`}
              rows={own}
              keyOf={(node) => node.id}
              columns={[
                { header: "Node", cell: (node) => <a href={routeTo("nodes", node.id)}>{node.name}</a> },
                { header: "Status", cell: (node) => <NodeStatus status={node.status} /> },
                { header: "Online", cell: (node) => <Online live={node.live} status={node.status} /> },
                { header: "Address", cell: (node) => <code>{node.ipv4}</code>, className: "wide" },
                {
                  header: "System",
                  cell: (node) => node.live?.facts?.os ?? "not known",
                  className: "wide",
                },
              ]}
            />
          );
        }}
      </Loaded>
      <ShowMore pages={nodes} />
    </>
  );
}
