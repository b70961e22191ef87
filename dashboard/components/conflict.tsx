import { Failure, isConflict } from "./states.tsx";

/** The failure of a save. Where someone else was faster, it offers their version instead of losing either. */
export function Conflict({ error, onReload }: { readonly error: unknown; readonly onReload: () => void }) {
  if (!isConflict(error)) return <Failure error={error} />;
  return (
    <div className="notice bad" role="alert">
      <strong>Someone else changed this in the meantime</strong>
      <div>Nothing was saved. Copy what you want to keep, then go on from their version.</div>
      <button type="button" className="link-button" onClick={onReload}>
        Load their version
      </button>
    </div>
  );
}
