import { type Conditions, lackOf, type PolicyForm, type Who } from "../../shared/access/policy/form/model.ts";
import { ACTIONS } from "../../shared/access/policy/request.ts";
import { useApi } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { ListField } from "../components/list-field.tsx";

interface StatementFields {
  readonly number: number;
  readonly form: PolicyForm;
  readonly onChange: (form: PolicyForm) => void;
  /** Null where it is the only one. */
  readonly onRemove: (() => void) | null;
}

/** One statement of a policy: who may do what with which app, and when. */
export function StatementFields({ number, form, onChange, onRemove }: StatementFields) {
  const apps = useApi("apps.list", { query: { limit: 200 } });
  const { effect, app, actions, paths } = form;
  const names = [
    ...new Set([...(app === null ? [] : [app]), ...(apps.data?.items ?? []).map(({ name }) => name)]),
  ];
  const lack = lackOf(form);
  return (
    <fieldset className="statement">
      <legend>Statement {number}</legend>
      <div className="form filters">
        <Field label="Effect" broad>
          {(c) => (
            <select
              {...c}
              value={effect}
              onChange={({ target }) =>
                onChange({
                  ...form,
                  effect: target.value as PolicyForm["effect"],
                  conditions: { ...form.conditions, memberOf: [] },
                })
              }
            >
              <option value="permit">Permit where all conditions hold</option>
              <option value="forbid">Forbid unless all conditions hold</option>
            </select>
          )}
        </Field>
        <Field label="App">
          {(c) => (
            <select
              {...c}
              value={app ?? ""}
              onChange={({ target }) => onChange({ ...form, app: target.value || null })}
            >
              <option value="">Every app</option>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        <ListField
          label="Paths"
          hint="Each with all beneath it"
          items={paths}
          onChange={(items) => onChange({ ...form, paths: items })}
        />
      </div>
      <WhoFields who={form.who} onChange={(who) => onChange({ ...form, who })} />
      <fieldset className="actions" aria-label="Actions">
        {ACTIONS.map((action) => (
          <Check
            key={action}
            label={action}
            checked={actions.length === 0 || actions.includes(action)}
            onChange={(checked) => onChange({ ...form, actions: toggled(actions, action, checked) })}
          />
        ))}
      </fieldset>
      <ConditionFields
        effect={effect}
        conditions={form.conditions}
        onChange={(changed) => onChange({ ...form, conditions: { ...form.conditions, ...changed } })}
      />
      {lack && <p className="notice">{lack}</p>}
      {onRemove && (
        <button type="button" className="button plain small" onClick={onRemove}>
          Remove statement {number}
        </button>
      )}
    </fieldset>
  );
}

/** None stands for all, so the last one can't be taken away. */
function toggled(actions: PolicyForm["actions"], action: (typeof ACTIONS)[number], checked: boolean) {
  const chosen = actions.length === 0 ? ACTIONS : actions;
  const next = ACTIONS.filter((one) => (one === action ? checked : chosen.includes(one)));
  return next.length === ACTIONS.length ? [] : next.length === 0 ? actions : next;
}

const NOBODY = { kind: "named", groups: [], users: [], serviceTokens: [] } as const satisfies Who;

function WhoFields({ who, onChange }: { readonly who: Who; readonly onChange: (who: Who) => void }) {
  return (
    <div className="form filters">
      <Field label="Who" broad>
        {(c) => (
          <select
            {...c}
            value={who.kind}
            onChange={({ target }) => {
              const kind = target.value as Who["kind"];
              onChange(kind === "named" ? NOBODY : { kind });
            }}
          >
            <option value="signedIn">Everybody who signed in</option>
            <option value="anyone">Anyone, also programs</option>
            <option value="named">Named here</option>
          </select>
        )}
      </Field>
      {who.kind === "named" && (
        <>
          <ListField label="Groups" items={who.groups} onChange={(groups) => onChange({ ...who, groups })} />
          <ListField
            label="People"
            hint="E-mail addresses"
            items={who.users}
            onChange={(users) => onChange({ ...who, users })}
          />
          <ListField
            label="Service tokens"
            items={who.serviceTokens}
            onChange={(serviceTokens) => onChange({ ...who, serviceTokens })}
          />
        </>
      )}
    </div>
  );
}

interface ConditionFields {
  readonly effect: PolicyForm["effect"];
  readonly conditions: Conditions;
  readonly onChange: (changed: Partial<Conditions>) => void;
}

function ConditionFields({ effect, conditions: c, onChange }: ConditionFields) {
  const countries = (items: readonly string[]) => items.map((item) => item.toUpperCase());
  return (
    <details open={isAny(c)}>
      <summary>Conditions</summary>
      <div className="form filters">
        {effect === "forbid" && (
          <ListField
            label="Except members of"
            hint="Groups"
            items={c.memberOf}
            onChange={(memberOf) => onChange({ memberOf })}
          />
        )}
        <ListField
          label="Networks"
          hint="Such as 203.0.113.0/24"
          items={c.networks}
          onChange={(networks) => onChange({ networks })}
        />
        <ListField
          label="Countries"
          hint="Codes such as DE"
          items={c.countries}
          onChange={(items) => onChange({ countries: countries(items) })}
        />
        <ListField
          label="Not these countries"
          items={c.notCountries}
          onChange={(items) => onChange({ notCountries: countries(items) })}
        />
        <ListField
          label="Hours in UTC"
          hint="From and up to, such as 8, 18"
          items={c.hours ? [c.hours.from, c.hours.to] : []}
          onChange={(items) => onChange({ hours: hoursIn(items) })}
        />
        <ListField
          label="Weekdays in UTC"
          hint="1 is Monday"
          items={c.weekdays}
          onChange={(items) =>
            onChange({ weekdays: items.map(Number).filter((day) => day >= 1 && day <= 7) })
          }
        />
        <Field label="Signed in within" hint="Minutes">
          {(control) => (
            <input
              {...control}
              type="number"
              min={1}
              value={c.signedInWithin === null ? "" : c.signedInWithin / 60}
              onChange={({ target }) => onChange({ signedInWithin: secondsIn(target.value) })}
            />
          )}
        </Field>
        <ListField
          label="Sign-in methods"
          hint="Any of these, such as mfa"
          items={c.methods}
          onChange={(methods) => onChange({ methods })}
        />
      </div>
    </details>
  );
}

const isAny = (conditions: Conditions): boolean =>
  Object.values(conditions).some((value) => (Array.isArray(value) ? value.length > 0 : value !== null));

function hoursIn(items: readonly string[]): Conditions["hours"] {
  const [from, to] = items.map(Number);
  const isHour = (hour: number | undefined, last: number) =>
    Number.isInteger(hour) && Number(hour) >= 0 && Number(hour) <= last;
  return from !== undefined && to !== undefined && isHour(from, 23) && isHour(to, 24) ? { from, to } : null;
}

const secondsIn = (minutes: string): number | null => {
  const seconds = Math.round(Number(minutes) * 60);
  return minutes === "" || !(seconds >= 1) ? null : seconds;
};
