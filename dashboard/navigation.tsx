import { routeTo } from "./lib/router.ts";
import { PAGES, SECTIONS } from "./pages.ts";

/** All pages by section. @param current The id of the page that is open. */
export function Navigation({ current }: { readonly current: string }) {
  return (
    <nav id="pages" aria-label="Pages">
      {SECTIONS.map((section) => (
        <div key={section} className="nav-section">
          <h2>{section}</h2>
          <ul>
            {PAGES.filter((page) => page.section === section).map(({ id, title }) => (
              <li key={id}>
                <a href={routeTo(id)} aria-current={id === current ? "page" : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
