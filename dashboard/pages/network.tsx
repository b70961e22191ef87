import type { FormEvent } from "react";
import type { Answer, Body } from "../../shared/api/endpoints.ts";
import { call, useEdited, useMayCall, useWrite } from "../api.ts";
import { Conflict } from "../components/conflict.tsx";
import { Facts } from "../components/facts.tsx";
import { Check, Field } from "../components/field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { issueOf, Loaded } from "../components/states.tsx";
import { useBase } from "../lib/base-version.ts";
import { changesOf } from "../lib/changes.ts";
import { splitList } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import { inSeconds, SPAN_UNITS, spanOf } from "../lib/span.ts";
import { HistoryCard } from "./history-card.tsx";

type Network = Answer<"network.get">;

export default function NetworkSettings() {
  const network = useEdited("network.get", {});
  return (
    <>
      <PageHead title="Network settings" />
      <Loaded query={network}>{(data) => <LoadedNetwork loaded={data} />}</Loaded>
    </>
  );
}

function LoadedNetwork({ loaded }: { readonly loaded: Network }) {
  const mayWrite = useMayCall("network.update");
  const update = useWrite("network.update");
  const { base, setBase, ifMatch, takeTheirs } = useBase(loaded, () => call("network.get", {}), [update]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = changesOf(readNetwork(new FormData(event.currentTarget)), base);
    update.mutate({ ifMatch, body, note: noteOf(event.currentTarget) }, { onSuccess: setBase });
  };
  const wrong = (path: string) => issueOf(update.error, path);
  return (
    <>
      <Conflict error={update.error} onReload={takeTheirs} />
      {update.isSuccess && (
        <p className="notice good" role="status">
          Saved as version {base.version}.
        </p>
      )}
      <form className="card" key={base.version} onSubmit={submit}>
        <fieldset className="form" disabled={!mayWrite}>
          <legend className="hidden">Network settings</legend>
          <Field label="Name" error={wrong("/name")}>
            {(c) => <input {...c} name="name" required maxLength={100} defaultValue={base.name} />}
          </Field>
          <h2>Signing in</h2>
          <SpanField
            label="A sign-in ends after it was not used for"
            name="signInIdleSeconds"
            seconds={base.signInIdleSeconds}
            error={wrong("/signInIdleSeconds")}
          />
          <SpanField
            label="A sign-in ends in any case after"
            name="signInAbsoluteSeconds"
            seconds={base.signInAbsoluteSeconds}
            error={wrong("/signInAbsoluteSeconds")}
          />
          <Field
            label="Sign-ins that a person may have at a time"
            hint="And sessions of each app. The one that was unused for longest makes room."
            error={wrong("/maxSessionsPerUser")}
          >
            {(c) => (
              <input
                {...c}
                name="maxSessionsPerUser"
                type="number"
                min={1}
                max={1_000}
                required
                defaultValue={base.maxSessionsPerUser}
              />
            )}
          </Field>
          <h2>What people see</h2>
          <Field
            label="Whom to ask"
            hint="The page of a denial names it: an e-mail address, a URL, or words. Empty for nobody."
            error={wrong("/contact")}
          >
            {(c) => <input {...c} name="contact" maxLength={200} defaultValue={base.contact} />}
          </Field>
          <Check
            label="The list of apps names also those that a person may not open"
            name="listsClosedApps"
            defaultChecked={base.listsClosedApps}
          />
          <h2>What nodes report</h2>
          <Check
            label="Nodes report the connections between them: ports and peers, nothing of what is sent"
            name="reportsFlows"
            defaultChecked={base.reportsFlows}
          />
          <h2>Adaptive segmentation</h2>
          <p className="muted">
            Narrows rules between nodes by itself to what was used of them. It never permits more, and each
            narrowing can be taken back on the page <a href={routeTo("suggestions")}>Suggestions</a>.
          </p>
          <Check
            label="Narrow rules by itself, within this budget"
            name="adaptive"
            defaultChecked={base.adaptive}
          />
          <Field label="Rules in 24 hours, at most" error={wrong("/adaptivePerDay")}>
            {(c) => (
              <input
                {...c}
                name="adaptivePerDay"
                type="number"
                min={1}
                max={100}
                required
                defaultValue={base.adaptivePerDay}
              />
            )}
          </Field>
          <Field label="Percent of all permissions in 24 hours, at most" error={wrong("/adaptivePercent")}>
            {(c) => (
              <input
                {...c}
                name="adaptivePercent"
                type="number"
                min={1}
                max={100}
                required
                defaultValue={base.adaptivePercent}
              />
            )}
          </Field>
          <Field label="Days that all nodes of a rule must be heard" error={wrong("/adaptiveDays")}>
            {(c) => (
              <input
                {...c}
                name="adaptiveDays"
                type="number"
                min={7}
                max={30}
                required
                defaultValue={base.adaptiveDays}
              />
            )}
          </Field>
          <h2>First passkeys</h2>
          <Field
            label="Where people may enrol their first passkey"
            hint="Whoever holds a person's password at the provider could enrol one. An invitation, on the person's page, is good from everywhere."
            error={wrong("/firstPasskey")}
          >
            {(c) => (
              <select {...c} name="firstPasskey" defaultValue={base.firstPasskey}>
                <option value="anywhere">Anywhere</option>
                <option value="networks">In these networks, or by invitation</option>
                <option value="invitation">By invitation only</option>
              </select>
            )}
          </Field>
          <Field
            label="Networks for first passkeys"
            hint="One prefix a line, of public addresses, such as 203.0.113.0/24."
            error={wrong("/firstPasskeyNetworks")}
          >
            {(c) => (
              <textarea
                {...c}
                name="firstPasskeyNetworks"
                rows={2}
                defaultValue={base.firstPasskeyNetworks.join("\n")}
              />
            )}
          </Field>
          <NoteField />
        </fieldset>
        {mayWrite && (
          <div className="actions spaced">
            <button type="submit" className="button" disabled={update.isPending}>
              Save
            </button>
          </div>
        )}
      </form>
      <HistoryCard kind="network" name="network" />
      <section className="card">
        <h2>Where it is</h2>
        <Facts value={{ hub: base.hubOrigin, "sign-in": base.authOrigin }} />
        <p className="spaced">
          <a href="/api/v1/docs">The API and its document</a>
        </p>
      </section>
    </>
  );
}

interface SpanField {
  readonly label: string;
  readonly name: string;
  readonly seconds: number;
  readonly error: string | undefined;
}

/** A length of time as a number and its unit. */
function SpanField({ label, name, seconds, error }: SpanField) {
  const { count, unit } = spanOf(seconds);
  return (
    <Field label={label} error={error}>
      {(c) => (
        <div className="span-field">
          <input {...c} name={name} type="number" min={1} required defaultValue={count} />
          <select name={`${name}Unit`} aria-label={`${label}: unit`} defaultValue={unit}>
            {SPAN_UNITS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}

function readNetwork(form: FormData) {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const span = (name: string) => inSeconds(Number(text(name)), text(`${name}Unit`));
  return {
    name: text("name"),
    signInIdleSeconds: span("signInIdleSeconds"),
    signInAbsoluteSeconds: span("signInAbsoluteSeconds"),
    maxSessionsPerUser: Number(text("maxSessionsPerUser")),
    contact: text("contact"),
    listsClosedApps: form.has("listsClosedApps"),
    reportsFlows: form.has("reportsFlows"),
    adaptive: form.has("adaptive"),
    adaptivePerDay: Number(text("adaptivePerDay")),
    adaptivePercent: Number(text("adaptivePercent")),
    adaptiveDays: Number(text("adaptiveDays")),
    firstPasskey: text("firstPasskey") as Body<"network.update">["firstPasskey"],
    firstPasskeyNetworks: splitList(text("firstPasskeyNetworks")),
  };
}
