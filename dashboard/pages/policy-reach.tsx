import { appsNamedIn } from "../lib/apps-named.ts";
import { routeTo } from "../lib/router.ts";

/** Where to see whom the text lets in: at the apps that it names. */
export function PolicyReach({ source }: { readonly source: string }) {
  const apps = appsNamedIn(source);
  return (
    <section className="card">
      <h2>Who can reach what by it</h2>
      {apps.length === 0 ? (
        <p>
          It names no app, so it speaks of all. <a href={routeTo("reach")}>Choose an app or a person</a>.
        </p>
      ) : (
        <ul>
          {apps.map((app) => (
            <li key={app}>
              <a href={routeTo("reach", "app", app)}>Who can reach {app}</a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
