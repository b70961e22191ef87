import type { ReactNode } from "react";
import { ApiError } from "../../shared/api/client.ts";
import { isSignedOut } from "../api.ts";

export interface Loadable<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  refetch(): unknown;
}

/** What a query shows while it loads, when it failed and once it has data. Old data stays while it reloads. */
export function Loaded<T>({
  query,
  children,
}: {
  readonly query: Loadable<T>;
  readonly children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure error={query.error} retry={() => query.refetch()} />;
  return <Skeleton />;
}

export function Skeleton() {
  return (
    <div className="skeleton" role="status">
      <span className="hidden">Loading</span>
    </div>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <div className="card empty">{children}</div>;
}

/** What went wrong and what to do. Nothing while `error` is null. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  if (!error) return null;
  const problem = error instanceof ApiError ? error.problem : null;
  return (
    <div className="notice bad" role="alert">
      <strong>{problem?.title ?? "The server could not be reached"}</strong>
      <div>{problem?.detail ?? "Check your connection, then try again."}</div>
      {problem?.issues && problem.issues.length > 0 && (
        <ul>
          {problem.issues.map((issue) => (
            <li key={`${issue.path} ${issue.message}`}>
              <code>{issue.path}</code> {issue.message}
            </li>
          ))}
        </ul>
      )}
      {isSignedOut(error) ? (
        <button type="button" className="link-button" onClick={() => location.reload()}>
          Reload to sign in
        </button>
      ) : (
        retry && (
          <button type="button" className="link-button" onClick={retry}>
            Try again
          </button>
        )
      )}
    </div>
  );
}

/** What the server found wrong with one field, by its JSON pointer. */
export function issueOf(error: unknown, path: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.problem.issues?.find((issue) => issue.path === path || issue.path.startsWith(`${path}/`))
    ?.message;
}

export const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 412;
