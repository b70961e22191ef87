/**
 * The most characters that are kept of one text. A limit is needed because a message may quote text from an
 * untrusted sender.
 */
const MOST_CHARACTERS = 4_000;
/** How many causes of a chain are followed. */
const MOST_CAUSES = 8;

/** One error of a chain of causes, as plain data. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
}

/** The message of a thrown value. Any value can be thrown, not only an `Error`. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The messages of an error and of its causes, one per line. Only the last cause may name what really failed. */
export function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let at = recordOf(error); at !== undefined; at = at.cause) messages.push(at.message);
  return messages.join("\n");
}

/** An error with its stack and its causes, limited in size. Undefined if there is no error. */
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
