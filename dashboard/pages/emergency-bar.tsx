import { useApi } from "../api.ts";
import { Moment } from "../components/moment.tsx";
import { routeTo } from "../lib/router.ts";

/** Stands at the foot of every page until each emergency was reviewed. */
export function EmergencyBar() {
  const found = useApi("grants.list", { query: { review: "true", limit: 20 } }, { every: 20_000 });
  const [first, ...others] = found.data?.items ?? [];
  return (
    <div className="holds-bar" role="status">
      {first && (
        <p className="notice bad">
          <strong>
            {first.user.email} let themselves into {first.app.title || first.app.name} in an emergency
          </strong>{" "}
          <Moment at={first.askedAt} />
          {others.length > 0 && `, and ${others.length} more`}.{" "}
          <a href={others.length > 0 ? "#/grants?show=review" : routeTo("grants", first.id)}>Review</a>
        </p>
      )}
    </div>
  );
}
