import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Answer, Query } from "../../shared/api/endpoints.ts";
import { nameOfActor, whoActed } from "../../shared/audit/who.ts";
import { call } from "../api.ts";
import { ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Loaded } from "../components/states.tsx";
import { ThingChanged } from "../components/thing-changed.tsx";
import { routeWith } from "../lib/router.ts";

type Page = Answer<"history.list">;

interface HistoryList {
  readonly query: Query<"history.list">;
  /** Of each change. */
  readonly className?: string;
  /** What stands for no change. */
  readonly none: ReactNode;
}

/** Who changed what, when and why, with what it was before; newest first. */
export function HistoryList({ query, className, none }: HistoryList) {
  const pages = useInfiniteQuery({
    queryKey: ["history.list", query],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }): Promise<Page> =>
      call("history.list", { query: pageParam === null ? query : { ...query, cursor: pageParam } }),
    getNextPageParam: (page) => page.next,
  });
  const loaded = pages.data?.pages;
  const names: Readonly<Record<string, string>> = Object.assign(
    {},
    ...(loaded ?? []).map((page) => page.names),
  );
  return (
    <>
      <Loaded query={{ ...pages, data: loaded?.flatMap((page) => page.items) }}>
        {(items) =>
          items.length === 0 ? (
            none
          ) : (
            <ol className="history">
              {items.map((item) => (
                <li
                  key={`${item.at} ${item.entry} ${item.things[0]?.target} ${item.things[0]?.other}`}
                  className={className}
                >
                  <Change item={item} names={names} />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      <ShowMore pages={pages} />
      {loaded && (
        <p className="muted">
          Recorded since <Moment at={loaded[0]?.began ?? 0} />.
        </p>
      )}
    </>
  );
}

interface Change {
  readonly item: Page["items"][number];
  readonly names: Readonly<Record<string, string>>;
}

function Change({ item: { at, actor, person, via, note, entry, things }, names }: Change) {
  return (
    <>
      <p>
        <strong>
          {actor === null
            ? "Not by an administrator"
            : whoActed({ person, actor, via }, nameOfActor(actor, names))}
        </strong>
        , <Moment at={at} />
        {note && <q className="why">{note}</q>}{" "}
        {entry && (
          <a href={routeWith({ id: entry, kinds: "admin,login,session,system" }, "audit")}>
            The entry that proves it
          </a>
        )}
      </p>
      {things.map((thing) => (
        <ThingChanged key={`${thing.kind} ${thing.target} ${thing.other}`} thing={thing} names={names} />
      ))}
    </>
  );
}
