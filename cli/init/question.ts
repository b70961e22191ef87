import * as z from "zod/mini";
import { printable } from "../../shared/base/printable.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";

/** Something that a person says once, by an option or at the terminal. */
export interface Question {
  /** The option that answers it, such as `--zone`. */
  readonly flag: string;
  readonly words: string;
  readonly schema: z.ZodMiniType<string>;
  /** What holds where nobody says anything else. */
  readonly fallback?: string;
  readonly secret?: boolean;
}

/**
 * The answer: the option's, else what was typed, else the fallback. What is typed wrongly is asked again.
 * @throws Failure where an option is wrong, or is missing and nobody can be asked.
 */
export async function answerTo(
  io: Io,
  question: Question,
  given: string | undefined,
  asks: boolean,
): Promise<string> {
  const { flag, words, schema, fallback } = question;
  if (given !== undefined) return read(schema, given, flag);
  if (!asks) {
    if (fallback !== undefined) return fallback;
    throw new Failure(EXIT.usage, `${flag} is missing`, { hint: `It says: ${words}.` });
  }
  const hint = fallback ? ` [${printable(fallback)}]` : "";
  for (;;) {
    const typed = (await io.ask(`${words}${hint}: `, { secret: question.secret ?? false })).trim();
    if (typed === "" && fallback !== undefined) return fallback;
    try {
      return read(schema, typed, "That");
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      io.err(`${error.title}.\n`);
    }
  }
}

function read(schema: z.ZodMiniType<string>, text: string, subject: string): string {
  const parsed = z.safeParse(schema, text);
  if (parsed.success) return parsed.data;
  throw new Failure(EXIT.usage, `${subject} ${parsed.error.issues[0]?.message ?? "is not valid"}`);
}
