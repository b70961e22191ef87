import { PageHead } from "../components/page-head.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { GroupPage, Groups } from "./groups.tsx";
import { UserPage } from "./user-page.tsx";
import { Users } from "./users.tsx";

export default function People({ path: [section, id] }: PageProps) {
  if (section === "users" && id !== undefined) return <UserPage id={id} />;
  if (section === "groups" && id !== undefined) return <GroupPage id={id} />;
  const groups = section === "groups";
  return (
    <>
      <PageHead title={groups ? "Groups" : "Users"}>
        <a className="button plain" href={groups ? routeTo("people") : routeTo("people", "groups")}>
          {groups ? "Show users" : "Show groups"}
        </a>
      </PageHead>
      {groups ? <Groups /> : <Users />}
    </>
  );
}
