import { headline, pageOfAll } from "./topics.ts";

/** One thing that happened or is so, of which destinations may be told. */
export interface Notice {
  /** Rises: a destination knows those up to one. */
  readonly id: number;
  /** A topic, or an action of the audit log. */
  readonly event: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** What it is about, for people. Strangers may have chosen it: a node's name, an address. */
  readonly subject: string;
  /** Where the dashboard shows it, such as `nodes/nod_…`. */
  readonly page: string;
}

/** A notice before it is kept. Of one key there is one notice, however often it is found. */
export type Finding = Omit<Notice, "id"> & { readonly key: string };

/** Notices of one event, as one message tells them. */
export interface Group {
  readonly event: string;
  /** `12 nodes want approval`. */
  readonly headline: string;
  readonly page: string;
  readonly notices: readonly Notice[];
}

/** One group for each event, in the order in which they came up. */
export function groupsOf(notices: readonly Notice[]): Group[] {
  const events = [...new Set(notices.map(({ event }) => event))];
  return events.map((event) => {
    const own = notices.filter((notice) => notice.event === event);
    const [only] = own.length === 1 ? own : [];
    return {
      event,
      headline: headline(event, own.length),
      page: only?.page ?? pageOfAll(event),
      notices: own,
    };
  });
}
