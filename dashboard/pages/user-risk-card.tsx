import { kindInWords } from "../../shared/access/grade/words.ts";
import { useApi, useMayCall, useWrite } from "../api.ts";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { Failure, Loaded } from "../components/states.tsx";

/** What speaks for risk about a person, and a way to set it. */
export function UserRiskCard({ user }: { readonly user: string }) {
  const risk = useApi("risk.get", { params: { user } });
  const set = useWrite("risk.set");
  const clear = useWrite("risk.clear");
  const maySet = useMayCall("risk.set");
  return (
    <section className="card">
      <h2>Risk</h2>
      <Failure error={set.error ?? clear.error} />
      <Loaded query={risk}>
        {({ score, signals }) => (
          <>
            <p>
              <strong>{score}</strong> of 100
              {signals.length === 0 ? ": nothing speaks for risk about the person." : "."}
            </p>
            <ul>
              {signals.map(({ source, kind, score: first, at, halfLifeSeconds }) => (
                <li key={`${source} ${kind}`}>
                  {kindInWords(source, kind)}: {first} <Moment at={at} />, half of it is left each{" "}
                  {Math.round(halfLifeSeconds / 360) / 10} hours.
                </li>
              ))}
            </ul>
            {maySet && (
              <form
                className="form filters"
                onSubmit={(event) => {
                  event.preventDefault();
                  const score = Number(new FormData(event.currentTarget).get("score"));
                  clear.reset();
                  set.mutate({ params: { user }, body: { score } });
                }}
              >
                <Field label="Set the risk to" hint="Open sessions are graded anew within a second.">
                  {(c) => (
                    <input
                      {...c}
                      name="score"
                      type="number"
                      min={0}
                      max={100}
                      required
                      defaultValue={score}
                    />
                  )}
                </Field>
                <button type="submit" className="button" disabled={set.isPending}>
                  Set
                </button>
                {signals.length > 0 && (
                  <button
                    type="button"
                    className="button plain"
                    onClick={() => {
                      set.reset();
                      clear.mutate({ params: { user } });
                    }}
                  >
                    Take all back
                  </button>
                )}
              </form>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}
