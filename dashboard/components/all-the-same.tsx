import type { UseMutationResult } from "@tanstack/react-query";
import { ApiError } from "../../shared/api/client.ts";
import { ConfirmButton } from "./confirm-button.tsx";

/** What a refused call must say so that it is done all the same. */
const INSISTING: Readonly<Record<string, { query?: object; body?: object }>> = {
  would_lock_out: { query: { despiteLockOut: "true" } },
  policy_test_failed: { body: { despiteTests: true } },
};

/** What a call was given that may be insisted on. */
interface Given {
  readonly query?: object;
  readonly body?: object;
  readonly note?: string;
}

interface AllTheSame<Done, Input> {
  readonly write: UseMutationResult<Done, Error, Input>;
  readonly label?: string;
  readonly onDone?: (answer: Done) => void;
}

/** Offers to do what was refused because it locks people out, or because tests fail. Nothing in other cases. */
export function AllTheSame<Done, Input>({
  write,
  label = "Do it all the same",
  onDone,
}: AllTheSame<Done, Input>) {
  const { error, variables } = write;
  const insisting = error instanceof ApiError ? INSISTING[error.problem.code] : undefined;
  if (!insisting) return null;
  const given = variables as Input & Given;
  const again = {
    ...given,
    ...(insisting.query ? { query: { ...given.query, ...insisting.query } } : {}),
    ...(insisting.body ? { body: { ...given.body, ...insisting.body } } : {}),
  };
  return (
    <ConfirmButton
      label={label}
      question={`${label}?`}
      onConfirm={(why) =>
        write.mutate(
          { ...again, note: why || given.note } as Input,
          onDone ? { onSuccess: (answer) => onDone(answer) } : {},
        )
      }
    >
      <p>{(error as ApiError).problem.issues?.map(({ message }) => message).join(" ")}</p>
      <p>The audit log keeps that you were told.</p>
    </ConfirmButton>
  );
}
