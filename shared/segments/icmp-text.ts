import { err, ok, type Result } from "../base/result.ts";
import type { TextError } from "../base/text-error.ts";
import { ICMP_REQUESTS, icmpRequestsOf } from "../node/config/icmp.ts";

/**
 * Reads the requests behind a slash, by name or type.
 * @param start The position of the first character after the slash.
 * @returns the numbers of the requests, in ascending order
 */
export function readIcmpRequests(
  text: string,
  start: number,
  family: 4 | 6 | undefined,
): Result<number[], TextError> {
  const numbers = new Set<number>();
  let position = start;
  for (const part of text.slice(start - 1).split(",")) {
    const refused = (problem: string, remedy: string) => err({ text, position, problem, remedy });
    const known = family === undefined ? ICMP_REQUESTS : icmpRequestsOf(family);
    const names = known.map(({ name }) => name).join(", ");
    if (part === "") return refused("a type is missing", `Name ${names}`);
    const isType = /^\d+$/.test(part);
    if (isType && family === undefined)
      return refused("a type is another one in each family", "Write icmp/echo-request, icmp4/8 or icmp6/128");
    const request = known.find(({ name, types }) =>
      isType ? `${types[family ?? 4]}` === part : name === part,
    );
    if (!request)
      return refused(
        `${isType ? "this type" : "this"} begins no exchange`,
        `Name ${names}: answers and errors pass with what they belong to`,
      );
    numbers.add(request.number);
    position += part.length + 1;
  }
  return ok([...numbers].sort((a, b) => a - b));
}
