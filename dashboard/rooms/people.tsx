import { RoomHead } from "../components/room-head.tsx";
import { routeTo } from "../lib/router.ts";
import type { RoomProps } from "../rooms.ts";
import { GroupPage, Groups } from "./groups.tsx";
import { Users } from "./users.tsx";

export default function People({ path: [section, id] }: RoomProps) {
  if (section === "groups" && id !== undefined) return <GroupPage id={id} />;
  const groups = section === "groups";
  return (
    <>
      <RoomHead title={groups ? "Groups" : "Users"}>
        <a className="button plain" href={groups ? routeTo("people") : routeTo("people", "groups")}>
          {groups ? "Show users" : "Show groups"}
        </a>
      </RoomHead>
      {groups ? <Groups /> : <Users />}
    </>
  );
}
