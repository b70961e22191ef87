import { Suspense, useEffect, useState } from "react";
import { isSignedOut, useApi } from "./api.ts";
import { RoomBoundary } from "./components/room-boundary.tsx";
import { RoomHead } from "./components/room-head.tsx";
import { Loaded, Skeleton } from "./components/states.tsx";
import icon from "./icon.svg";
import { routeTo, useRoute } from "./lib/router.ts";
import { HoldsBar } from "./rooms/holds.tsx";
import { ROOMS, type Room } from "./rooms.ts";

/**
 * The frame around every room: navigation, who is signed in, and the room that the address names. Rooms open once
 * the caller is known, so that what only some may do does not appear late and move the rest.
 */
export function Shell() {
  const [id = "overview", ...path] = useRoute();
  const room = ROOMS.find((candidate) => candidate.id === id);
  const me = useApi("me.get", {});
  if (isSignedOut(me.error)) return <SignedOut />;
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </button>
      <Side current={id} who={me.data?.user?.email ?? me.data?.actor ?? ""} role={me.data?.role ?? ""} />
      <main id="main" tabIndex={-1}>
        <Loaded query={me}>
          {() => (
            <>
              {room ? <OpenRoom key={room.id} room={room} path={path} /> : <NoRoom />}
              <HoldsBar />
            </>
          )}
        </Loaded>
      </main>
    </div>
  );
}

function OpenRoom({ room, path }: { readonly room: Room; readonly path: readonly string[] }) {
  return (
    <RoomBoundary key={path.join("/")}>
      <Suspense fallback={<Skeleton />}>
        <room.component path={path} />
      </Suspense>
    </RoomBoundary>
  );
}

function Side({
  current,
  who,
  role,
}: {
  readonly current: string;
  readonly who: string;
  readonly role: string;
}) {
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: entering another room closes the menu
  useEffect(() => setOpen(false), [current]);
  return (
    <header className={open ? "side open" : "side"}>
      <div className="brand">
        <img src={icon} alt="" width="24" height="24" />
        Rustronaut
      </div>
      <button
        type="button"
        className="button plain menu-button"
        aria-expanded={open}
        aria-controls="rooms"
        onClick={() => setOpen(!open)}
      >
        Menu
      </button>
      <nav id="rooms" aria-label="Rooms">
        <ul>
          {ROOMS.map(({ id, title }) => (
            <li key={id}>
              <a href={routeTo(id)} aria-current={id === current ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="who">
        <div>
          <bdi>{who}</bdi>
        </div>
        <div>{role}</div>
        <a href="/.rustronaut/sign-out">Sign out</a>
      </div>
    </header>
  );
}

function NoRoom() {
  return (
    <>
      <RoomHead title="Nothing is here" />
      <p>
        This address names no room. <a href={routeTo("overview")}>Go to the overview</a>.
      </p>
    </>
  );
}

function SignedOut() {
  return (
    <main id="main">
      <div className="card">
        <RoomHead title="You are signed out" />
        <p>Your session has ended, or you have not signed in yet.</p>
        <button type="button" className="button" onClick={() => location.reload()}>
          Sign in
        </button>
      </div>
    </main>
  );
}
