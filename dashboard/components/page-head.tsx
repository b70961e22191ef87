import { type ReactNode, useEffect, useRef } from "react";

// The first heading of a visit takes no focus: the browser starts at the top anyway.
let visited = false;

/** The page's heading with its actions. Entering a page moves the focus here and names the document. */
export function PageHead({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Rustronaut`;
  }, [title]);
  useEffect(() => {
    if (visited) heading.current?.focus();
    visited = true;
  }, []);
  return (
    <div className="page-head">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <div className="actions">{children}</div>
    </div>
  );
}
