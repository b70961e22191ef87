import { Component, type ReactNode } from "react";
import { FAILURE_WORDS, failureOf, type PageFailure } from "../lib/page-failure.ts";

interface State {
  readonly failed: boolean;
  /** Null until it is known. */
  readonly why: PageFailure | null;
}

/** Keeps a fault of one page from taking the navigation down with it, and says what is the matter. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { failed: false, why: null };

  static getDerivedStateFromError(): Partial<State> {
    return { failed: true };
  }

  override async componentDidCatch(error: unknown) {
    this.setState({ why: await failureOf(error, askHub) });
  }

  override render() {
    const { failed, why } = this.state;
    if (!failed) return this.props.children;
    const words = why && FAILURE_WORDS[why];
    return (
      <div role="alert">
        <h1>{words?.title ?? "This page could not be shown"}</h1>
        <p>{words?.next ?? "Asking the hub why…"}</p>
        <button type="button" className="button" onClick={() => location.reload()}>
          {why === "new_version" ? "Reload" : "Try again"}
        </button>
      </div>
    );
  }
}

const askHub = (): Promise<number | null> =>
  fetch("/", { method: "HEAD", cache: "no-store", redirect: "manual" }).then(
    ({ status }) => status,
    () => null,
  );
