import { nearest } from "../../base/nearest.ts";

/** What a validator found at one place of a statement, for one kind of request. */
export interface Finding {
  readonly message: string;
  readonly help: string | null;
  /** Offsets in the statement's text, in characters. */
  readonly start: number;
  readonly end: number;
}

export interface MergedFinding {
  readonly message: string;
  /** The place of the wrong part itself, such as the attribute after its dot. */
  readonly at: number;
}

/**
 * Matches `attribute `a.b` in context for Action::"read" not found` and similar messages: which attribute is
 * missing, and where it is missing.
 */
const LACKS =
  /^attribute `(?<name>[^`]+)` (?:in context for Action::"(?<action>[^"]+)"|on entity type `(?<type>[^`]+)`) not found$/;

/**
 * Cedar checks a statement once for each kind of request, and reports the same fault each time. This function
 * merges these reports into one finding. The finding is at the wrong place and names the kinds of requests.
 *
 * @param text The statement.
 */
export function mergeFindings(findings: readonly Finding[], text: string): MergedFinding[] {
  const plain = findings.map((finding) => ({
    ...finding,
    message: withoutPolicy(finding.message),
    help: finding.help && withoutPolicy(finding.help),
  }));
  const faults = Map.groupBy(plain, ({ message, start, end }) => {
    const lacks = LACKS.exec(message)?.groups;
    return `${start} ${end} ${lacks ? lacks.name : message}`;
  });
  return [...faults.values()]
    .map((same) => mergeOne(same, text))
    .sort((a, b) => a.at - b.at || a.message.localeCompare(b.message));
}

/** Removes the statement's name from a message, because the author never wrote that name. */
const withoutPolicy = (message: string): string => message.replace(/^for policy `[^`]*`, /, "");

function mergeOne(same: readonly Finding[], text: string): MergedFinding {
  const [first] = same as [Finding];
  const lacks = LACKS.exec(first.message)?.groups;
  if (!lacks) return { message: withHelp(first.message, first.help), at: first.start };
  const name = lacks.name ?? "";
  const last = name.split(".").at(-1) ?? name;
  const places = (group: "action" | "type") =>
    [...new Set(same.map(({ message }) => LACKS.exec(message)?.groups?.[group] ?? ""))]
      .filter(Boolean)
      .sort();
  const [actions, types] = [places("action"), places("type")];
  const where = types.length > 0 ? `on ${types.join(", ")}` : `in the context of ${actions.join(", ")}`;
  const meant = nearest(last, suggestionsIn(same));
  return {
    message: withHelp(
      `attribute \`${name}\` not found ${where}`,
      meant ? `did you mean \`${meant}\`?` : null,
    ),
    at: text.slice(first.start, first.end).endsWith(last) ? first.end - last.length : first.start,
  };
}

const suggestionsIn = (same: readonly Finding[]): string[] =>
  same.flatMap(({ help }) => /^did you mean `([^`]+)`\?$/.exec(help ?? "")?.[1] ?? []);

const withHelp = (message: string, help: string | null): string => (help ? `${message} (${help})` : message);
