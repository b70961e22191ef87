import { type ComponentType, useEffect, useState } from "react";
import { isSignedOut, useApi } from "./api.ts";
import { HubBar } from "./components/hub-bar.tsx";
import { PageBoundary } from "./components/page-boundary.tsx";
import { PageHead } from "./components/page-head.tsx";
import { Loaded, Skeleton } from "./components/states.tsx";
import { ThemeSwitch } from "./components/theme-switch.tsx";
import { UndoBar } from "./components/undo-bar.tsx";
import icon from "./icon.svg";
import { routeTo, useRoute } from "./lib/router.ts";
import { Navigation } from "./navigation.tsx";
import { EmergencyBar } from "./pages/emergency-bar.tsx";
import { HoldsBar } from "./pages/holds.tsx";
import { PAGES, type Page, type PageProps } from "./pages.ts";
import { SearchBox } from "./search-box.tsx";

/**
 * The frame around every page: navigation, who is signed in, and the page that the address names. Pages open once
 * the caller is known, so that what only some may do does not appear late and move the rest.
 */
export function Shell() {
  const [id = "overview", ...path] = useRoute();
  const page = PAGES.find((candidate) => candidate.id === id);
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
              <SearchBox />
              <HubBar />
              {page ? <OpenPage key={page.id} page={page} path={path} /> : <NoPage />}
              <EmergencyBar />
              <HoldsBar />
              <UndoBar />
            </>
          )}
        </Loaded>
      </main>
    </div>
  );
}

function OpenPage({ page, path }: { readonly page: Page; readonly path: readonly string[] }) {
  return (
    <PageBoundary key={path.join("/")}>
      <PageOnceLoaded page={page} path={path} />
    </PageBoundary>
  );
}

function PageOnceLoaded({ page, path }: { readonly page: Page; readonly path: readonly string[] }) {
  const { code } = page;
  const [here, setHere] = useState<{ readonly Content: ComponentType<PageProps> } | null>(
    code.here && { Content: code.here },
  );
  const [fault, setFault] = useState<unknown>(null);
  useEffect(() => {
    code.load().then((Content) => setHere({ Content }), setFault);
  }, [code]);
  if (fault) throw fault;
  return here ? <here.Content path={path} /> : <Skeleton />;
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: entering another page closes the menu
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
        aria-controls="pages"
        onClick={() => setOpen(!open)}
      >
        Menu
      </button>
      <Navigation current={current} />
      <div className="who">
        <div>
          <bdi>{who}</bdi>
        </div>
        <div>{role}</div>
        <ThemeSwitch />
        <a href="/api/v1/docs">API</a> <a href="/.rustronaut/sign-out">Sign out</a>
      </div>
    </header>
  );
}

function NoPage() {
  return (
    <>
      <PageHead title="Nothing is here" />
      <p>
        This address names no page. <a href={routeTo("overview")}>Go to the overview</a>.
      </p>
    </>
  );
}

function SignedOut() {
  return (
    <main id="main">
      <div className="card">
        <PageHead title="You are signed out" />
        <p>Your session has ended, or you have not signed in yet.</p>
        <button type="button" className="button" onClick={() => location.reload()}>
          Sign in
        </button>
      </div>
    </main>
  );
}
