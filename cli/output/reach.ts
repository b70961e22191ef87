import type { Answer } from "../../shared/api/endpoints.ts";
import { askersInWords, because, conditionsOf, mayOf } from "../../shared/api/reach-words.ts";
import { table } from "./table.ts";
import { instant } from "./values.ts";

type AppReach = Answer<"reach.app">;
type UserReach = Answer<"reach.user">;

const NOTE =
  "`if` names statements that turn on what only a request says: its path, method, address or sign-in.\n";

/** Who could reach an app. */
export function reachOfAppText(data: AppReach, width: number | null): string {
  const when = `${data.app.name} at ${instant(data.at)}`;
  if (!data.app.enabled) return `Nobody could reach ${when}: it was switched off.\n`;
  const askers = askersInWords(data.app);
  if (data.items.length === 0) return `Nobody could reach ${when}.${askers && ` ${askers}`}\n`;
  const rows = data.items.map(({ name, groups, actions, grants }) => [
    name,
    mayOf(actions),
    because(actions, data.policies, grants),
    conditionsOf(actions),
    groups.join(", "),
  ]);
  return `Who could reach ${when}:\n${table(["who", "may", "by", "if", "groups"], rows, width, ["who"])}${rows.some((row) => row[3] !== "") ? NOTE : ""}${askers && `${askers}\n`}`;
}

/** What a person could reach. */
export function reachOfUserText(data: UserReach, width: number | null): string {
  const who = `${data.user.email} at ${instant(data.at)}`;
  if (!data.user.isActive) return `${who} could reach nothing: the account was disabled.\n`;
  const { mayRequest } = data.user;
  const requests = mayRequest.length > 0 ? ` May request access to: ${mayRequest.join(", ")}.` : "";
  const groups = `Groups: ${data.user.groups.join(", ") || "none"}.${requests}\n`;
  if (data.items.length === 0) return `${who} could reach nothing. ${groups}`;
  const rows = data.items.map(({ name, actions, grants }) => [
    name,
    mayOf(actions),
    because(actions, data.policies, grants),
    conditionsOf(actions),
  ]);
  return `What ${who} could reach. ${groups}${table(["app", "may", "by", "if"], rows, width, ["app"])}${rows.some((row) => row[3] !== "") ? NOTE : ""}`;
}
