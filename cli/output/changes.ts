import type { Answer } from "../../shared/api/endpoints.ts";
import { nameOfActor, whoActed } from "../../shared/audit/who.ts";
import { lineDiff } from "../../shared/base/line-diff.ts";
import { printable } from "../../shared/base/printable.ts";
import { isSecretField } from "../../shared/registry/history-kinds.ts";
import { cell, heading, instant } from "./values.ts";

type Item = Answer<"history.list">["items"][number];
type Thing = Item["things"][number];
type Field = Thing["fields"][number];

/** What was changed, newest first: who, when and why, and below it each thing with its fields before and after. */
export function changesText(items: readonly Item[], names: Readonly<Record<string, string>>): string {
  if (items.length === 0) return "Nothing was changed.\n";
  return items.map((item) => itemText(item, names)).join("\n");
}

function itemText(
  { at, person, actor, via, entry, note, things }: Item,
  names: Readonly<Record<string, string>>,
): string {
  const who =
    actor === null ? "not by an administrator" : whoActed({ person, actor, via }, nameOfActor(actor, names));
  const why = note ? `  “${printable(note)}”` : "";
  const head = `${instant(at)}  ${printable(who)}${why}${entry === null ? "" : `  ${entry}`}\n`;
  return head + things.map((thing) => thingText(thing, names)).join("");
}

function thingText(
  { kind, target, other, name, change, fields }: Thing,
  names: Readonly<Record<string, string>>,
): string {
  const of = other === "" ? "" : `: ${names[other] ?? other}`;
  const what = `  ${heading(kind)} ${names[target] ?? name}${of} ${change === "found" ? "was there" : change}`;
  const details = fields.map((field) => fieldText(field, change, names)).join("");
  return `${printable(what)}\n${details}`;
}

function fieldText(
  { field, before, after }: Field,
  change: Thing["change"],
  names: Readonly<Record<string, string>>,
): string {
  if (field === "source")
    return lineDiff(String(before ?? ""), String(after ?? ""))
      .filter(({ sign }) => sign !== " ")
      .map(({ sign, text }) => `    ${sign} ${printable(text)}\n`)
      .join("");
  const say = (value: unknown) => {
    if (typeof value !== "string") return cell(field, value);
    return isSecretField(field) ? `one with the fingerprint ${value}` : cell(field, names[value] ?? value);
  };
  const words = change === "changed" ? `${say(before)} → ${say(after)}` : say(after ?? before);
  return words === "-" ? "" : `    ${heading(field)}: ${printable(words)}\n`;
}
