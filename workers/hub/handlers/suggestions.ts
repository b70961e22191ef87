import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { pageOf } from "../paging.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { acceptanceOf } from "../suggestions/acceptance.ts";
import { makeSuggestions } from "../suggestions/make.ts";
import {
  decideSuggestion,
  findSuggestion,
  type SuggestionRow,
  type Undo,
  viewSuggestion,
} from "../suggestions/row.ts";
import { undoStatements } from "../suggestions/undo.ts";
import { findSegment } from "./segments.ts";

const DEFAULT_DAYS = 7;

const effects = (action: string, target: string, detail: Effects["event"]["detail"]): Effects => ({
  event: { action: `suggestion.${action}`, target, detail },
  policies: false,
  userIds: [],
  ends: [],
});

type Decision = Call<"suggestions.accept" | "suggestions.reject" | "suggestions.undo">;

/** The row after somebody decided about it. Refuses one that is in another state. */
function decided(
  row: SuggestionRow,
  from: SuggestionRow["state"],
  state: SuggestionRow["state"],
  undo: Undo | null,
  { author, ifMatch, now }: Pick<Decision, "author" | "ifMatch" | "now">,
): SuggestionRow {
  if (row.state !== from) throwRefusal("conflict", `The suggestion is ${row.state}, not ${from}.`);
  return {
    ...row,
    state,
    decided_by: author.actor,
    decided_at: now,
    undo: undo && JSON.stringify(undo),
    version: ifMatch + 1,
    updated_at: now,
  };
}

export const SUGGESTION_HANDLERS: Handlers<
  | "suggestions.make"
  | "suggestions.list"
  | "suggestions.get"
  | "suggestions.accept"
  | "suggestions.reject"
  | "suggestions.undo"
> = {
  "suggestions.make": async ({ bindings, body, now }) => {
    const segment = body.segment === undefined ? null : await findSegment(bindings.db, body.segment);
    const made = await makeSuggestions(bindings, { segment, days: body.days ?? DEFAULT_DAYS }, now);
    const { open, basis } = made.body;
    return {
      ...made,
      effects: effects("make", "mesh", { open, segment: basis.segment, flows: basis.flows }),
    };
  },

  "suggestions.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const [confidence = "", id = ""] = (after ?? "").split(" ");
        const all: Condition[] = [
          ...(query.state === undefined ? [] : [["state = ?", query.state] as const]),
          ...(after === null
            ? []
            : [
                [
                  "(confidence < ? OR (confidence = ? AND id > ?))",
                  Number(confidence),
                  Number(confidence),
                  id,
                ] as const,
              ]),
          ...wordsHeld(query.search, "id", "name"),
        ];
        const order: Condition = ["ORDER BY confidence DESC, id LIMIT ?", limit];
        return (await selected(bindings.db, "SELECT * FROM suggestions", all, order).all<SuggestionRow>())
          .results;
      },
      ({ confidence, id }) => `${confidence} ${id}`,
    );
    return { body: { ...page, items: page.items.map(viewSuggestion) } };
  },

  "suggestions.get": async ({ bindings, params }) => {
    const row = await findSuggestion(bindings.db, params.suggestion);
    return { body: viewSuggestion(row), version: row.version };
  },

  "suggestions.accept": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findSuggestion(bindings.db, params.suggestion);
    const { statements, undo, made } = await acceptanceOf(bindings, before, body, now);
    const row = decided(before, "open", "accepted", undo, call);
    return {
      statements: [
        unchanged(bindings.db, "suggestions", before, ifMatch),
        ...statements,
        decideSuggestion(bindings.db, row),
      ],
      effects: effects("accept", row.id, { name: row.name, ...made }),
      body: viewSuggestion(row),
      version: row.version,
    };
  },

  "suggestions.reject": async (call) => {
    const { bindings, params, ifMatch } = call;
    const before = await findSuggestion(bindings.db, params.suggestion);
    const row = decided(before, "open", "rejected", null, call);
    return {
      statements: [
        unchanged(bindings.db, "suggestions", before, ifMatch),
        decideSuggestion(bindings.db, row),
      ],
      effects: effects("reject", row.id, { name: row.name }),
      body: viewSuggestion(row),
      version: row.version,
    };
  },

  "suggestions.undo": async (call) => {
    const { bindings, params, ifMatch, now } = call;
    const before = await findSuggestion(bindings.db, params.suggestion);
    const row = decided(before, "accepted", "undone", null, call);
    const undo = JSON.parse(before.undo ?? "null") as Undo;
    return {
      statements: [
        unchanged(bindings.db, "suggestions", before, ifMatch),
        ...(await undoStatements(bindings, undo, now)),
        decideSuggestion(bindings.db, row),
      ],
      effects: effects("undo", row.id, { name: row.name }),
      body: viewSuggestion(row),
      version: row.version,
    };
  },
};
