import type { UseMutationResult } from "@tanstack/react-query";
import { ApiError } from "../../shared/api/client.ts";
import { ConfirmButton } from "./confirm-button.tsx";

/** What a refused call must say so that it is done all the same. */
const INSISTING: Readonly<Record<string, { query?: object; body?: object }>> = {
  would_lock_out: { query: { despiteLockOut: "true" } },
  policy_test_failed: { body: { despiteTests: true } },
};

interface AllTheSame {
  // biome-ignore lint/suspicious/noExplicitAny: a write of any endpoint
  readonly write: UseMutationResult<any, Error, any>;
  readonly label?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the answer of any endpoint
  readonly onDone?: (answer: any) => void;
}

/** Offers to do what was refused because it locks people out, or because tests fail. Nothing in other cases. */
export function AllTheSame({ write, label = "Do it all the same", onDone }: AllTheSame) {
  const { error, variables } = write;
  const insisting = error instanceof ApiError ? INSISTING[error.problem.code] : undefined;
  if (!insisting) return null;
  const again = {
    ...variables,
    ...(insisting.query ? { query: { ...variables.query, ...insisting.query } } : {}),
    ...(insisting.body ? { body: { ...variables.body, ...insisting.body } } : {}),
  };
  return (
    <ConfirmButton
      label={label}
      question={`${label}?`}
      onConfirm={(why) =>
        write.mutate({ ...again, note: why || variables.note }, { ...(onDone ? { onSuccess: onDone } : {}) })
      }
    >
      <p>{(error as ApiError).problem.issues?.map(({ message }) => message).join(" ")}</p>
      <p>The audit log keeps that you were told.</p>
    </ConfirmButton>
  );
}
