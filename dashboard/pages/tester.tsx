import { type FormEvent, useState } from "react";
import type { Answer, Body } from "../../shared/api/endpoints.ts";
import type { PolicyTestCase } from "../../shared/api/policies.ts";
import { useApi, useWrite } from "../api.ts";
import { Outcome } from "../components/badges.tsx";
import { Cited } from "../components/cited.tsx";
import { Facts } from "../components/facts.tsx";
import { Check, Field } from "../components/field.tsx";
import { Failure, issueOf } from "../components/states.tsx";

type TestBody = Body<"policies.test">;

interface Tester {
  /** Judged as if it were published. */
  readonly draft: { readonly name: string; readonly source: string } | null;
  /** The text is being checked, or not valid: an answer now would be that of the published policies. */
  readonly waits?: boolean;
  /** Keeps the last question with its answer as a test. */
  readonly onKeep?: (test: PolicyTestCase) => void;
}

const WHO = { user: "E-mail", serviceToken: "Token name", somebody: "Groups, separated by commas" } as const;

/** Would this caller reach that app at this path, and why. */
export function Tester({ draft, waits = false, onKeep }: Tester) {
  const [kind, setKind] = useState<TestBody["principal"]["kind"]>("user");
  const apps = useApi("apps.list", { query: { limit: 200 } });
  const test = useWrite("policies.test");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = readTest(new FormData(event.currentTarget), kind);
    test.mutate({ body: draft ? { ...body, drafts: [draft] } : body });
  };
  return (
    <div className="card">
      {draft && <p className="muted">With the text above, as if it were published.</p>}
      <form className="form filters" onSubmit={submit}>
        <Field label="Caller">
          {(c) => (
            <select {...c} value={kind} onChange={(event) => setKind(event.target.value as typeof kind)}>
              <option value="user">A user</option>
              <option value="serviceToken">A service token</option>
              <option value="somebody">Somebody in groups</option>
              <option value="anonymous">Anyone</option>
            </select>
          )}
        </Field>
        {kind !== "anonymous" && (
          <Field label={WHO[kind]} error={issueOf(test.error, "/principal")}>
            {(c) => <input {...c} name="who" required />}
          </Field>
        )}
        <Field label="App" error={issueOf(test.error, "/app")}>
          {(c) => (
            <select {...c} name="app" required>
              {apps.data?.items.map((app) => (
                <option key={app.id} value={app.name}>
                  {app.title || app.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Host"
          hint="Of an app with several; left out, its main one."
          error={issueOf(test.error, "/host")}
        >
          {(c) => <input {...c} name="host" inputMode="url" />}
        </Field>
        <Field label="Method">
          {(c) => (
            <select {...c} name="method">
              {["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => (
                <option key={method}>{method}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Path" error={issueOf(test.error, "/path")}>
          {(c) => <input {...c} name="path" required pattern="/.*" defaultValue="/" />}
        </Field>
        <Field label="From IP address" error={issueOf(test.error, "/network/ip")}>
          {(c) => <input {...c} name="ip" />}
        </Field>
        <Field label="Country" error={issueOf(test.error, "/network/country")}>
          {(c) => <input {...c} name="country" maxLength={2} pattern="[A-Za-z0-9]{2}" />}
        </Field>
        <Field
          label="Risk"
          hint="Of a person, 0 to 100; left out, theirs now."
          error={issueOf(test.error, "/risk")}
        >
          {(c) => <input {...c} name="risk" type="number" min={0} max={100} />}
        </Field>
        <Check label="Opens a WebSocket" name="upgrade" />
        <button type="submit" className="button" disabled={test.isPending || waits}>
          Test
        </button>
      </form>
      <Failure error={test.error} />
      <div aria-live="polite">{test.data && <Verdict result={test.data} />}</div>
      {onKeep && test.data && test.variables && (
        <button
          type="button"
          className="button plain spaced"
          onClick={() => onKeep(testOf(test.variables.body, test.data.decision))}
        >
          Keep this answer as a test
        </button>
      )}
    </div>
  );
}

function testOf({ drafts: _, ...asked }: TestBody, expect: PolicyTestCase["expect"]): PolicyTestCase {
  const { principal } = asked;
  const who =
    principal.kind === "user"
      ? principal.user
      : principal.kind === "serviceToken"
        ? principal.serviceToken
        : principal.kind === "somebody"
          ? `somebody in ${principal.groups.join(", ")}`
          : "anyone";
  return { ...asked, expect, name: `${who}: ${expect} ${asked.method} ${asked.path}`.slice(0, 200) };
}

function readTest(form: FormData, kind: TestBody["principal"]["kind"]): TestBody {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const [host, ip, country] = [text("host"), text("ip"), text("country").toUpperCase()];
  return {
    principal: principalOf(kind, text("who")),
    app: text("app"),
    method: text("method"),
    path: text("path"),
    upgrade: form.has("upgrade"),
    ...(text("risk") && { risk: Number(text("risk")) }),
    ...(host ? { host } : {}),
    ...(ip || country ? { network: { ...(ip && { ip }), ...(country && { country }) } } : {}),
  };
}

function principalOf(kind: TestBody["principal"]["kind"], who: string): TestBody["principal"] {
  if (kind === "user") return { kind, user: who };
  if (kind === "serviceToken") return { kind, serviceToken: who };
  if (kind === "anonymous") return { kind };
  const groups = who.split(",").map((group) => group.trim());
  return { kind, groups: groups.filter(Boolean) };
}

function Verdict({ result }: { readonly result: Answer<"policies.test"> }) {
  return (
    <>
      <p>
        <Outcome decision={result.decision} /> for the action <code>{result.action}</code>
      </p>
      <Cited reasons={result.reasons} policies={result.determining} erroring={result.erroring} />
      {result.facts && (
        <details>
          <summary>Facts that were judged</summary>
          <Facts value={result.facts} />
        </details>
      )}
    </>
  );
}
