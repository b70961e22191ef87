import { grantOf } from "../access/policy/statement-id.ts";
import type { Answer } from "./endpoints.ts";

/** What a person or an app can reach, in words, for the command line and the dashboard. */

type AppReach = Answer<"reach.app">;
type Actions = AppReach["items"][number]["actions"];
type Grants = AppReach["items"][number]["grants"];

/** Who may request access to an app, in words. Empty where nobody may. */
export function askersInWords({ enabled, grantAskers, emergencyAskers }: AppReach["app"]): string {
  if (!enabled) return "";
  const asking = grantAskers.length > 0 ? [`Access may be requested by ${grantAskers.join(", ")}.`] : [];
  const entering =
    emergencyAskers.length > 0 ? [`In an emergency, ${emergencyAskers.join(", ")} may get in at once.`] : [];
  return [...asking, ...entering].join(" ");
}

/** The actions that every request gets, and behind `perhaps` those that only some do. */
export function mayOf(actions: Actions): string {
  const of = (wanted: string) =>
    Object.entries(actions)
      .filter(([, { answer }]) => answer === wanted)
      .map(([action]) => action);
  const [sure, some] = [of("yes"), of("depends")];
  return [sure.join(", "), some.length > 0 ? `perhaps ${some.join(", ")}` : ""].filter(Boolean).join("; ");
}

/** The statements that permit, each with its policy as it was then. */
export function permitting<Policy extends { readonly name: string }>(
  actions: Actions,
  policies: readonly Policy[],
) {
  const ids = new Set(Object.values(actions).flatMap(({ answer, by }) => (answer === "no" ? [] : by)));
  return [...ids].map((id) => ({
    id,
    policy: policies.find(({ name }) => name === id.replace(/#[\d.]+$/, "")),
  }));
}

/** A grant in words, with its end: `a grant until 2026-11-30 17:00 UTC`. */
export const grantInWords = ({ until, emergency }: Grants[number]): string =>
  `${emergency ? "an emergency" : "a grant"} until ${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** The same in words. */
export const because = (actions: Actions, policies: AppReach["policies"], grants: Grants): string =>
  permitting(actions, policies)
    .map(({ id, policy }) => {
      const grant = grants.find((one) => one.id === grantOf(id));
      return grant ? grantInWords(grant) : policy ? `${id} (version ${policy.version})` : id;
    })
    .join(", ");

/** Statements that turn on what only a request says. */
export const conditionsOf = (actions: Actions): string =>
  [...new Set(Object.values(actions).flatMap(({ unless }) => unless))].join(", ");
