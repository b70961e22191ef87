import { type SessionsOf, signedOutInWords } from "../../shared/api/consequence.ts";
import { useApi } from "../api.ts";

/** How many people a change signs out, asked of the hub now. */
export function SignedOut({ of }: { readonly of: SessionsOf }) {
  const count = useApi("sessions.count", { query: of });
  return (
    <p role="status">
      {count.data ? (
        <>
          <strong>{signedOutInWords(count.data)}</strong> within a second.
        </>
      ) : count.error ? (
        "How many people this signs out could not be counted."
      ) : (
        "Counting who is signed in by it…"
      )}
    </p>
  );
}
