import { QueryClient, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { ApiError, type Called, type CallInput, createClient } from "../shared/api/client.ts";
import { mayCall } from "../shared/api/endpoint.ts";
import { type Answer, ENDPOINTS, type EndpointId } from "../shared/api/endpoints.ts";

/** The admin API as the dashboard uses it: the browser's session cookie signs in, the header keeps other sites out. */
const client = createClient({
  fetch: (url, init) => fetch(url, { ...init, credentials: "same-origin" }),
  baseUrl: "",
  headers: { "X-Rustronaut-Csrf": "1" },
});

type Call = <Id extends EndpointId>(id: Id, input: CallInput<Id>) => Promise<Called<Answer<Id>>>;
// The client's optional last argument can't be passed on from generic code, so here it is always given.
const send = client.call as unknown as Call;

export async function call<Id extends EndpointId>(id: Id, input: CallInput<Id>): Promise<Answer<Id>> {
  return (await send(id, input)).data;
}

export const urlOf = client.url;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

interface Polled<T> {
  /** Milliseconds between two calls while the page is looked at; false ends the polling. */
  readonly every?: number | ((data: T | undefined) => number | false);
  /** Milliseconds for which what was asked for before is good enough. */
  readonly staleTime?: number;
}

export function useApi<Id extends EndpointId>(
  id: Id,
  input: CallInput<Id>,
  { every, ...options }: Polled<Answer<Id>> = {},
) {
  return useQuery({
    ...options,
    queryKey: [id, input],
    queryFn: () => call(id, input),
    refetchInterval:
      typeof every === "function"
        ? (query) => every(query.state.data as Answer<Id> | undefined)
        : (every ?? false),
  });
}

/** Asks for what `useApi` will be asked for in a moment. */
export const prefetch = <Id extends EndpointId>(id: Id, input: CallInput<Id>): Promise<void> =>
  queryClient.prefetchQuery({ queryKey: [id, input], queryFn: () => call(id, input) });

/**
 * Something that a form begins with: it is asked for anew when the form is opened, and what was kept of an earlier look is
 * not shown meanwhile. Who changes an old version would be refused once they are done.
 */
export function useEdited<Id extends EndpointId>(
  id: Id,
  input: CallInput<Id>,
  polled: Polled<Answer<Id>> = {},
) {
  const { data, error, refetch, isFetchedAfterMount } = useApi(id, input, { ...polled, staleTime: 0 });
  return { data: isFetchedAfterMount ? data : undefined, error, refetch };
}

interface Page<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

/** The endpoints that answer with one page of a list. */
export type ListId = {
  [Id in EndpointId]: Answer<Id> extends Page<unknown> ? Id : never;
}[EndpointId];
export type RowOf<Id extends ListId> = Answer<Id> extends Page<infer Row> ? Row : never;

/** A list that grows page by page. @param every Milliseconds between two calls while the page is looked at. */
export function usePages<Id extends ListId>(id: Id, input: CallInput<Id>, every: number | false = false) {
  return useInfiniteQuery({
    refetchInterval: every,
    queryKey: [id, "pages", input],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }): Promise<Page<RowOf<Id>>> => {
      const query = { ...queryOf(input), ...(pageParam === null ? {} : { cursor: pageParam }) };
      return (await call(id, { ...input, query } as CallInput<Id>)) as unknown as Page<RowOf<Id>>;
    },
    getNextPageParam: (page) => page.next,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

function queryOf(input: object): Record<string, unknown> {
  return "query" in input ? (input.query as Record<string, unknown>) : {};
}

/** A write. Everything that is shown is loaded again after it, since one write can change many views. */
export function useWrite<Id extends EndpointId>(id: Id) {
  return useMutation({
    mutationFn: (input: CallInput<Id>) => call(id, { idempotencyKey: crypto.randomUUID(), ...input }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
}

/** The `If-Match` of a row that was loaded at `version`. */
export const etagOf = (row: { readonly version: number }): string => `"${row.version}"`;

/** Whether the signed-in administrator may make this call; false while that is unknown. */
export function useMayCall(id: EndpointId): boolean {
  const me = useApi("me.get", {});
  const { role } = ENDPOINTS[id];
  return me.data !== undefined && role !== "public" && mayCall(me.data.role, role);
}

/** Whether the signed-in administrator may change most things; false while that is unknown. */
export const useMayWrite = (): boolean => useMayCall("apps.update");

export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;
