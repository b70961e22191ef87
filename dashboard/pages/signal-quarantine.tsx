import { useState } from "react";
import { QUARANTINE_REASONS, type QuarantineReason } from "../../shared/access/signals/quarantine.ts";
import { etagOf, type RowOf, useMayCall, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Check } from "../components/field.tsx";
import { Failure } from "../components/states.tsx";

const REASON_WORDS: Readonly<Record<QuarantineReason, string>> = {
  "device-compliance-change": "A device is not compliant, until it is",
  "risk-level-change": "The risk is high, until it is low",
  "credential-compromise": "A credential was compromised, until a person lets them out",
  "account-disabled": "An account was disabled, until it is enabled",
};

interface QuarantineFields {
  readonly chosen?: readonly QuarantineReason[];
  readonly onChange?: (reason: QuarantineReason, isOn: boolean) => void;
}

/** Which events of a transmitter isolate nodes. Each box is named `quarantines`, with its event as the value. */
export function QuarantineFields({ chosen, onChange }: QuarantineFields) {
  return (
    <fieldset>
      <legend>Isolate the device, or all nodes of the person, when</legend>
      {QUARANTINE_REASONS.map((reason) => (
        <Check
          key={reason}
          name="quarantines"
          value={reason}
          label={REASON_WORDS[reason]}
          {...(chosen && onChange
            ? { checked: chosen.includes(reason), onChange: (isOn) => onChange(reason, isOn) }
            : {})}
        />
      ))}
    </fieldset>
  );
}

/** The events that a form has chosen. */
export const quarantinesIn = (form: FormData): QuarantineReason[] => {
  const chosen = form.getAll("quarantines");
  return QUARANTINE_REASONS.filter((reason) => chosen.includes(reason));
};

/** Changes which events of a transmitter isolate nodes. Shown to owners alone, as nobody else may choose it. */
export function ChangeQuarantine({ row }: { readonly row: RowOf<"transmitters.list"> }) {
  const [chosen, setChosen] = useState(row.quarantines);
  const update = useWrite("transmitters.update");
  // Who may say whose signals count may say what they do.
  const mayChoose = useMayCall("transmitters.create");
  if (!mayChoose) return null;
  const choose = (reason: QuarantineReason, isOn: boolean) =>
    setChosen(QUARANTINE_REASONS.filter((one) => (one === reason ? isOn : chosen.includes(one))));
  return (
    <>
      <ConfirmButton
        label="Quarantine"
        name={`Quarantine by ${row.name}`}
        className="button plain small"
        question={`Which signals of ${row.name} isolate nodes?`}
        onConfirm={(note) =>
          update.mutate({
            params: { transmitter: row.id },
            ifMatch: etagOf(row),
            body: { quarantines: chosen },
            note,
          })
        }
      >
        <QuarantineFields chosen={chosen} onChange={choose} />
        <p>It counts for signals that come from now on. What is isolated stays so until it is let out.</p>
      </ConfirmButton>
      <Failure error={update.error} />
    </>
  );
}
