import { useMutation } from "@tanstack/react-query";
import { queryClient } from "../api.ts";

const AT_ONCE = 5;

/** Does one thing with several rows, a few at a time; it ends at the first failure, and what is shown is loaded anew. */
export function useBulk<Row, Result>(act: (row: Row) => Promise<Result>) {
  return useMutation({
    mutationFn: async (rows: readonly Row[]): Promise<Result[]> => {
      const results: Result[] = [];
      for (let at = 0; at < rows.length; at += AT_ONCE) {
        results.push(...(await Promise.all(rows.slice(at, at + AT_ONCE).map(act))));
      }
      return results;
    },
    onSettled: () => queryClient.invalidateQueries(),
  });
}
