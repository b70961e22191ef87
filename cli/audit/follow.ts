import type { Hub } from "../app.ts";
import { EXIT, exitCodeOfStatus } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { localFetch } from "../http/fetch.ts";

/** Longer than any entry of the log; more without an end of line is not an event stream. */
const LONGEST_LINE = 1024 * 1024;

/** Calls `each` with the JSON of every event until the stream ends or the signal aborts. */
export async function followEvents(
  hub: Hub,
  url: string,
  signal: AbortSignal,
  each: (json: string) => void,
): Promise<void> {
  const headers = { authorization: `Bearer ${hub.token}`, accept: "text/event-stream" };
  const decoder = new TextDecoder();
  let rest = "";
  try {
    const response = await localFetch(url, { headers, signal });
    if (!response.ok || !response.body)
      throw new Failure(exitCodeOfStatus(response.status), `The log can't be followed (${response.status})`);
    for await (const chunk of response.body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST_LINE)
        throw new Failure(EXIT.failure, "The answer did not come from a Rustronaut hub");
      for (const line of lines) if (line.startsWith("data:")) each(line.slice(5).trim());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
