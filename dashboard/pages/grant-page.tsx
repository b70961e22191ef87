import { allowedInWords, STATUS_WORDS } from "../../shared/access/grants/words.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { spanInWords } from "../../shared/base/span.ts";
import { useApi, useMayWrite, useWrite } from "../api.ts";
import { Outcome } from "../components/badges.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Facts } from "../components/facts.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import { formatDateTime } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import { GrantBadge } from "./grant-badge.tsx";

type Detail = Answer<"grants.get">;

/** One request or grant: what it allows, how it stands, and what may be done about it. */
export function GrantPage({ id }: { readonly id: string }) {
  const grant = useApi("grants.get", { params: { grant: id } }, { every: 5_000 });
  return (
    <>
      <PageHead title="Request for access">
        <a className="button plain" href={routeTo("grants")}>
          All grants
        </a>
      </PageHead>
      <Loaded query={grant}>
        {(data) => (
          <>
            <section className="card">
              <h2>
                <a href={routeTo("people", "users", data.user.id)}>{data.user.email}</a> for{" "}
                <a href={routeTo("apps", data.app.id)}>{data.app.title || data.app.name}</a>{" "}
                <GrantBadge grant={data} />
              </h2>
              <p>“{data.reason}”</p>
              <Standing grant={data} />
              <Facts
                value={{
                  allows: allowedInWords(data),
                  at: data.app.host,
                  for: spanInWords(data.seconds),
                  ...(data.until === null ? {} : { until: formatDateTime(data.until) }),
                }}
              />
              <Actions grant={data} />
            </section>
            {data.background && <Background background={data.background} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function Standing({ grant }: { readonly grant: Detail }) {
  const { answers, needed, emergency, endedBy, endedAt, reviewedBy, reviewedAt, status } = grant;
  return (
    <ul>
      <li>
        Asked <Moment at={grant.askedAt} />
        {emergency ? ", in an emergency: nobody approved it." : `; ${needed} must approve.`}
      </li>
      {answers.map(({ by, verdict, note, at }) => (
        <li key={by.id}>
          {verdict === "approve" ? "Approved" : "Denied"} by {by.email} <Moment at={at} />
          {note !== "" && `: ${note}`}
        </li>
      ))}
      {endedBy && status !== "denied" && (
        <li>
          {status === "revoked" ? "Ended" : "Taken back"} by {endedBy.email} <Moment at={endedAt} />
        </li>
      )}
      {emergency && (
        <li>
          {reviewedBy === null ? (
            "Nobody has reviewed it yet."
          ) : (
            <>
              Reviewed by {reviewedBy.email} <Moment at={reviewedAt} />
            </>
          )}
        </li>
      )}
    </ul>
  );
}

/** What is answered is what is shown: its digest goes along. */
function Actions({ grant }: { readonly grant: Detail }) {
  const approve = useWrite("grants.approve");
  const deny = useWrite("grants.deny");
  const revoke = useWrite("grants.revoke");
  const review = useWrite("grants.review");
  const mayWrite = useMayWrite();
  const params = { grant: grant.id };
  const answered = (note: string) => ({
    params,
    body: { digest: grant.digest, ...(note === "" ? {} : { note }) },
  });
  const who = grant.user.email;
  return (
    <>
      <Failure error={approve.error ?? deny.error ?? revoke.error ?? review.error} />
      <div className="actions below">
        {grant.mayAnswer && (
          <>
            <ConfirmButton
              label="Approve"
              className="button"
              question={`Approve the request of ${who}?`}
              disabled={approve.isPending}
              onConfirm={(note) => approve.mutate(answered(note))}
            >
              It allows {allowedInWords(grant)} of {grant.app.host} for {spanInWords(grant.seconds)}.
            </ConfirmButton>
            <ConfirmButton
              label="Deny"
              question={`Deny the request of ${who}?`}
              disabled={deny.isPending}
              onConfirm={(note) => deny.mutate(answered(note))}
            >
              One denial ends the request. The person may make another one.
            </ConfirmButton>
          </>
        )}
        {grant.status === "granted" && (mayWrite || grant.isMine) && (
          <ConfirmButton
            label="Revoke"
            question={`End the access of ${who} now?`}
            disabled={revoke.isPending}
            onConfirm={(note) => revoke.mutate({ params, note })}
          >
            Open sockets, streams and transfers are cut within a second.
          </ConfirmButton>
        )}
        {grant.emergency && grant.reviewedBy === null && !grant.isMine && mayWrite && (
          <ConfirmButton
            label="Acknowledge"
            className="button"
            question={`Have you reviewed the emergency of ${who}?`}
            disabled={review.isPending}
            onConfirm={(note) => review.mutate({ params, note })}
          >
            Your name stands beside it. It does not end the access.
          </ConfirmButton>
        )}
      </div>
    </>
  );
}

function Background({ background }: { readonly background: NonNullable<Detail["background"]> }) {
  const { risk, groups, earlier, decisions } = background;
  return (
    <section className="card">
      <h2>About the person</h2>
      <Facts value={{ risk: `${risk} of 100`, groups }} />
      <h3>Earlier requests</h3>
      {earlier.length === 0 ? (
        <p className="muted">None.</p>
      ) : (
        <ul>
          {earlier.map((one) => (
            <li key={one.id}>
              <a href={routeTo("grants", one.id)}>{one.app}</a>: {STATUS_WORDS[one.status]},{" "}
              <Moment at={one.askedAt} />
            </li>
          ))}
        </ul>
      )}
      <h3>Newest decisions at this app</h3>
      {decisions.length === 0 ? (
        <p className="muted">None.</p>
      ) : (
        <ul>
          {decisions.map(({ id, at, decision, method, path }) => (
            <li key={id}>
              <Outcome decision={decision} />{" "}
              <a href={routeTo("decisions", id)}>
                {method} {path}
              </a>{" "}
              <Moment at={at} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
