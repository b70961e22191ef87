import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { call, type RowOf } from "../api.ts";
import { logQuery } from "./log-filter.ts";
import type { Filters } from "./router.ts";

type LogId = "decisions.list" | "audit.list";

interface LogPage<Id extends LogId> {
  readonly items: readonly RowOf<Id>[];
  readonly next: string | null;
  readonly searchedUntil: number | null;
  readonly names?: Readonly<Record<string, string>>;
}

/** A search of the log that grows page by page, newest first. */
export function useLog<Id extends LogId>(id: Id, filters: Filters) {
  const asked = JSON.stringify(filters);
  // A span counts from the moment at which it was asked for.
  const query = useMemo(() => logQuery(JSON.parse(asked), Date.now()), [asked]);
  const pages = useInfiniteQuery({
    queryKey: [id, "search", query],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) => {
      const page = { ...query, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return (await call(id, { query: page } as never)) as unknown as LogPage<Id>;
    },
    getNextPageParam: (page) => page.next,
  });
  return {
    ...pages,
    data: pages.data?.pages.flatMap((page) => page.items),
    names: Object.assign({}, ...(pages.data?.pages ?? []).map((page) => page.names)) as Readonly<
      Record<string, string>
    >,
    searchedUntil: pages.data?.pages.at(-1)?.searchedUntil ?? null,
  };
}
