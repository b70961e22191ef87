import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { FoundKind } from "../shared/api/search.ts";
import { call } from "./api.ts";
import { routeTo, routeWith } from "./lib/router.ts";

/** What each kind is called above its results, and the page that shows one. */
const KINDS: Readonly<Record<FoundKind, { title: string; route: (found: Found) => string }>> = {
  decision: { title: "Decisions", route: ({ id }) => routeTo("decisions", id) },
  event: { title: "Events", route: ({ id }) => routeWith({ id, kinds: ALL_KINDS }, "audit") },
  user: { title: "People", route: ({ id }) => routeTo("people", "users", id) },
  app: { title: "Apps", route: ({ title }) => routeTo("apps", title) },
  node: { title: "Nodes", route: ({ id }) => routeTo("nodes", id) },
  group: { title: "Groups", route: ({ id }) => routeTo("people", "groups", id) },
  policy: { title: "Policies", route: ({ id }) => routeTo("policies", id) },
  session: { title: "Sessions", route: ({ id }) => routeWith({ search: id, state: "all" }, "sessions") },
  serviceToken: { title: "Service tokens", route: () => routeTo("tokens") },
  segment: { title: "Segments", route: ({ id }) => routeTo("segments", id) },
  identityProvider: { title: "Identity providers", route: ({ id }) => routeTo("providers", id) },
  microsegment: { title: "Microsegments", route: ({ id }) => routeTo("microsegments", id) },
  meshRule: { title: "Node rules", route: ({ id }) => routeTo("mesh-rules", id) },
  enrolmentKey: { title: "Enrolment keys", route: () => routeTo("enrolment-keys") },
};
const ALL_KINDS = "admin,login,session,system";

interface Found {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
}

/** Milliseconds without a key after which what was typed is searched for. */
const PAUSE_MS = 200;

/**
 * The one search, on every page: `/` leads to it, the arrows go through what it found, Enter opens it. Results stand in a
 * listbox below it, grouped by kind (ARIA 1.2, combobox with a listbox popup).
 */
export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const id = useId();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      const isTyping = target?.closest("input, textarea, select, [contenteditable]") != null;
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  const search = useQuery({
    queryKey: ["search.all", asked],
    queryFn: () => call("search.all", { query: { q: asked } }),
    enabled: asked !== "",
  });
  const groups = asked === "" ? [] : (search.data?.groups ?? []);
  const hits = groups.flatMap(({ kind, items }) => items.map((found) => ({ kind, found })));
  const close = () => {
    setOpen(false);
    setText("");
    input.current?.blur();
  };
  const open = (hit: (typeof hits)[number] | undefined) => {
    if (!hit) return;
    location.hash = KINDS[hit.kind].route(hit.found);
    close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter") open(hits[active]);
    else if (event.key === "ArrowDown") setActive(Math.min(active + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setActive(Math.max(active - 1, 0));
    else return;
    event.preventDefault();
  };
  const isShown = isOpen && asked !== "" && (hits.length > 0 || search.isSuccess);
  return (
    <search className="search-box field">
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label="Search everything"
        aria-keyshortcuts="/"
        aria-expanded={isShown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isShown && hits.length > 0 ? `${id}-${active}` : undefined}
        placeholder="Search (/)"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label="What was found" className="found" hidden={!isShown}>
        {groups.map(({ kind, items }) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options in a listbox has no element of its own
          <div key={kind} role="group" aria-label={KINDS[kind].title}>
            <div className="found-kind" aria-hidden="true">
              {KINDS[kind].title}
            </div>
            {items.map((found) => {
              const n = hits.findIndex((hit) => hit.found === found);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: keys are taken by the field, which keeps the focus
                // biome-ignore lint/a11y/useFocusableInteractive: the field names the active option
                <div
                  key={found.id}
                  id={`${id}-${n}`}
                  role="option"
                  aria-selected={n === active}
                  className={n === active ? "found-item active" : "found-item"}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => open(hits[n])}
                >
                  <span>{found.title}</span> <small>{found.detail}</small>
                </div>
              );
            })}
          </div>
        ))}
        {hits.length === 0 && (
          <div className="found-none">Nothing is called so, and no entry has this number.</div>
        )}
      </div>
    </search>
  );
}
