import { describe, expect, it } from "vitest";
import { isChanged, placeOf } from "../../../dashboard/lib/leaving.ts";

describe("what was written in a form", () => {
  const option = (selected: boolean, defaultSelected: boolean) => ({ selected, defaultSelected });
  const select = (type: string, ...options: object[]) => ({
    type,
    options,
    value: "",
    defaultValue: undefined,
  });

  it.each([
    ["nothing", []],
    ["a text as it came", [{ type: "text", value: "a", defaultValue: "a" }]],
    [
      "a box as it came",
      [{ type: "checkbox", checked: true, defaultChecked: true, value: "on", defaultValue: "on" }],
    ],
    ["a choice that nobody made", [select("select-one", option(true, false), option(false, false))]],
    ["no choice of several", [select("select-multiple", option(false, false), option(false, false))]],
    ["the choice that stood there", [select("select-one", option(false, false), option(true, true))]],
    ["what the page keeps for itself", [{ type: "hidden", value: "b", defaultValue: "a" }]],
    ["a button and a group", [{ type: "submit", value: "" }, { type: "fieldset" }]],
  ])("%s is nothing to lose", (_, elements) => {
    expect(isChanged({ elements })).toBe(false);
  });

  it.each([
    ["another text", { type: "text", value: "b", defaultValue: "a" }],
    ["an area that was emptied", { type: "textarea", value: "", defaultValue: "a" }],
    ["a box that was taken away", { type: "checkbox", checked: false, defaultChecked: true }],
    ["another choice", select("select-one", option(false, false), option(true, false))],
    ["another choice than stood there", select("select-one", option(true, false), option(false, true))],
    ["one more of several", select("select-multiple", option(true, true), option(true, false))],
  ])("%s is", (_, control) => {
    expect(isChanged({ elements: [{ type: "text", value: "", defaultValue: "" }, control] })).toBe(true);
  });
});

describe("the place of an address", () => {
  it("is the next one where the browser knows no number for it, and else the one that it had", () => {
    const first = placeOf("#/apps", null);
    expect(first).toEqual({ hash: "#/apps", at: 0 });
    const second = placeOf("#/apps/new", null, first);
    expect(second.at).toBe(1);
    expect(placeOf("#/apps", { at: first.at }, second)).toEqual(first);
    expect(placeOf("#/x", { at: "7" }, second).at).toBe(2);
  });
});
