import { Component, type ReactNode } from "react";

/** Keeps a fault of one page from taking the navigation down with it. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <>
        <h1>This page could not be shown</h1>
        <p>A newer version of the dashboard may have been deployed since you opened it.</p>
        <button type="button" className="button" onClick={() => location.reload()}>
          Reload
        </button>
      </>
    );
  }
}
