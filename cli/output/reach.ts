import type { Answer } from "../../shared/api/endpoints.ts";
import { table } from "./table.ts";
import { instant } from "./values.ts";

type AppReach = Answer<"reach.app">;
type UserReach = Answer<"reach.user">;
type Actions = AppReach["callers"][number]["actions"];

const NOTE =
  "`if` names statements that turn on what only a request says: its path, method, address or sign-in.\n";

/** Who could reach an app. */
export function reachOfAppText(data: AppReach, width: number | null): string {
  const when = `${data.app.name} at ${instant(data.at)}`;
  if (!data.app.enabled) return `Nobody could reach ${when}: it was switched off.\n`;
  if (data.callers.length === 0) return `Nobody could reach ${when}.\n`;
  const rows = data.callers.map(({ name, groups, actions }) => [
    name,
    mayOf(actions),
    because(actions, data.policies),
    conditionsOf(actions),
    groups.join(", "),
  ]);
  return `Who could reach ${when}:\n${table(["who", "may", "by", "if", "groups"], rows, width)}${rows.some((row) => row[3] !== "") ? NOTE : ""}`;
}

/** What a person could reach. */
export function reachOfUserText(data: UserReach, width: number | null): string {
  const who = `${data.user.email} at ${instant(data.at)}`;
  if (!data.user.isActive) return `${who} could reach nothing: the account was disabled.\n`;
  const groups = `Groups: ${data.user.groups.join(", ") || "none"}.\n`;
  if (data.apps.length === 0) return `${who} could reach nothing. ${groups}`;
  const rows = data.apps.map(({ name, actions }) => [
    name,
    mayOf(actions),
    because(actions, data.policies),
    conditionsOf(actions),
  ]);
  return `What ${who} could reach. ${groups}${table(["app", "may", "by", "if"], rows, width)}${rows.some((row) => row[3] !== "") ? NOTE : ""}`;
}

/** The actions that every request gets, and behind `perhaps` those that only some do. */
function mayOf(actions: Actions): string {
  const of = (wanted: string) =>
    Object.entries(actions)
      .filter(([, { answer }]) => answer === wanted)
      .map(([action]) => action);
  const [sure, some] = [of("yes"), of("depends")];
  return [sure.join(", "), some.length > 0 ? `perhaps ${some.join(", ")}` : ""].filter(Boolean).join("; ");
}

/** The statements that permit, each with the version that its policy had. */
function because(actions: Actions, policies: AppReach["policies"]): string {
  const ids = new Set(Object.values(actions).flatMap(({ answer, by }) => (answer === "no" ? [] : by)));
  return [...ids].map((id) => withVersion(id, policies)).join(", ");
}

const conditionsOf = (actions: Actions): string =>
  [...new Set(Object.values(actions).flatMap(({ unless }) => unless))].join(", ");

function withVersion(id: string, policies: AppReach["policies"]): string {
  const policy = policies.find(({ name }) => name === id.replace(/#[\d.]+$/, ""));
  return policy ? `${id} (version ${policy.version})` : id;
}
