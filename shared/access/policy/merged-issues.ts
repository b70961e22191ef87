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
  /** Of what is wrong itself, such as the attribute behind its dot. */
  readonly at: number;
}

/** `attribute `a.b` in context for Action::"read" not found` and the like: what lacks, and where it lacks. */
const LACKS =
  /^attribute `(?<name>[^`]+)` (?:in context for Action::"(?<action>[^"]+)"|on entity type `(?<type>[^`]+)`) not found$/;

/**
 * Cedar checks a statement once for each kind of request, and says the same of each. One fault is one finding, at the place
 * that is wrong, with for whom it is.
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

/** The statement has a name of its own, which its author never wrote. */
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
