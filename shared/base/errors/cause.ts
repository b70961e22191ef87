/** How much of one text is kept: a message may quote what a stranger sent. */
const MOST_CHARACTERS = 4_000;
/** How deep a chain of causes is followed. */
const MOST_CAUSES = 8;

/** One error of a chain, as plain data. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
}

/** What was thrown, in words. Anything can be thrown, not only an `Error`. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The messages of an error and of its causes, a line each: what broke at the bottom may be named only there. */
export function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let at = recordOf(error); at !== undefined; at = at.cause) messages.push(at.message);
  return messages.join("\n");
}

/** An error with its stack and its causes, bounded; undefined for none. */
export function recordOf(error: unknown, depth = 0): ErrorRecord | undefined {
  if (error === undefined || depth === MOST_CAUSES) return undefined;
  if (!(error instanceof Error)) return { name: "thrown", message: cut(messageOf(error)) };
  const cause = recordOf(error.cause, depth + 1);
  return {
    name: error.name,
    message: cut(error.message),
    ...(error.stack === undefined ? {} : { stack: cut(error.stack) }),
    ...(cause === undefined ? {} : { cause }),
  };
}

const cut = (text: string): string =>
  text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
