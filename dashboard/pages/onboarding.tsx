import { useApi } from "../api.ts";
import { isSetUp, stepsFor } from "../lib/onboarding.ts";
import { routeTo } from "../lib/router.ts";

/** The first steps of a new network; nothing once they are done. @param allowed Requests that were let through. */
export function Onboarding({ apps, allowed }: { readonly apps: number; readonly allowed: number }) {
  const one = { query: { limit: 2 } };
  const providers = useApi("identityProviders.list", one);
  const policies = useApi("policies.list", one);
  if (!providers.data || !policies.data) return null;
  const beginnings = {
    providers: providers.data.items.length,
    apps,
    policies: policies.data.items.length,
    allowed,
  };
  if (isSetUp(beginnings)) return null;
  return (
    <section className="card" aria-label="First steps">
      <h2>First steps</h2>
      <ol className="steps">
        {stepsFor(beginnings).map(({ title, says, done, at }) => (
          <li key={title} className={done ? "done" : undefined}>
            {done ? (
              <>
                {title} <span className="badge good">done</span>
              </>
            ) : (
              <>
                <a href={routeTo(...at)}>{title}</a>
                <span className="hint">{says}</span>
              </>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
