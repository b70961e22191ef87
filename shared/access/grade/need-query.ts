import { listedWords } from "../policy/terms.ts";
import type { Need } from "./verified.ts";

/**
 * A need in the query of an address, so that a sign-in in another tab asks for the right thing. It is only a wish: the
 * policies are asked again afterwards, whatever somebody has written into the address.
 */
export function needQuery({ verification, acr, amr, maxAge }: Need): [string, string][] {
  return [
    ["verify", verification],
    ...(acr === null ? [] : [["acr", acr.join(" ")] as [string, string]]),
    ...(amr.length === 0 ? [] : [["amr", amr.join(" ")] as [string, string]]),
    ...(maxAge === null ? [] : [["max_age", String(maxAge)] as [string, string]]),
  ];
}

/** The need that an address asks for. Null if it asks for none, or for something that can't be read. */
export function readNeed(query: { get(name: string): string | null }): Need | null {
  const verification = query.get("verify");
  const maxAge = query.get("max_age");
  const acr = listedWords("acr", query.get("acr"));
  const amr = listedWords("amr", query.get("amr"));
  if (verification !== "reauthentication" && verification !== "second_factor") return null;
  if ((maxAge !== null && !/^\d{1,8}$/.test(maxAge)) || acr === "unreadable" || amr === "unreadable")
    return null;
  return { verification, acr, amr: amr ?? [], maxAge: maxAge === null ? null : Number(maxAge) };
}
