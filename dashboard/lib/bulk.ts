import { useMutation } from "@tanstack/react-query";
import { queryClient } from "../api.ts";

const AT_ONCE = 5;

interface Taken<Row> {
  readonly rows: readonly Row[];
  /** Why; empty where nothing was said. */
  readonly note: string;
}

/** Does one thing with several rows, a few at a time; it ends at the first failure, and what is shown is loaded anew. */
export function useBulk<Row, Result>(act: (row: Row, note: string) => Promise<Result>) {
  return useMutation({
    mutationFn: async ({ rows, note }: Taken<Row>): Promise<Result[]> => {
      const results: Result[] = [];
      for (let at = 0; at < rows.length; at += AT_ONCE) {
        results.push(...(await Promise.all(rows.slice(at, at + AT_ONCE).map((row) => act(row, note)))));
      }
      return results;
    },
    onSettled: () => queryClient.invalidateQueries(),
  });
}
