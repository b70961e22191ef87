import type { Grant } from "../../shared/access/grants/types.ts";
import { allowedInWords, STATUS_WORDS } from "../../shared/access/grants/words.ts";
import { spanInWords } from "../../shared/base/span.ts";
import { type Html, html, safeUrl } from "./html.ts";
import { layout } from "./layout.ts";
import { WAIT_SCRIPT } from "./wait-script.ts";

/** The pages on which people request access, wait for it, and answer. Each form posts `csrf`. */

const timeOf = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const hidden = (fields: Readonly<Record<string, string>>): Html =>
  html`${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;

export interface AskPage {
  readonly action: string;
  readonly csrf: string;
  /** The host is the one to which the person goes on. */
  readonly app: { readonly id: string; readonly title: string; readonly host: string };
  /** Where the person goes on when access is granted. */
  readonly to: string;
  readonly allows: Pick<Grant, "actions" | "paths">;
  /** The times in seconds to choose from. Empty if the person may not request. */
  readonly spans: readonly number[];
  readonly approvals: number;
  /** The length of an emergency. Null if the person may not break in. */
  readonly emergencySeconds: number | null;
  readonly problem: string | null;
  readonly reason: string;
}

const reasonField = (id: string, reason: string, problem: string | null): Html => html`
<label for="${id}">Why do you need it?</label>
<textarea class="field" id="${id}" name="reason" rows="3" maxlength="500" required${problem !== null && html` aria-invalid="true" aria-describedby="problem"`}>${reason}</textarea>`;

/** Asks why and for how long. Posts `app`, `to`, `reason`, `seconds` or `emergency`. */
export function askPage(page: AskPage): string {
  const { action, csrf, app, to, allows, spans, approvals, emergencySeconds, problem, reason } = page;
  const fields = hidden({ csrf, app: app.id, host: app.host, to });
  return layout({
    title: "Request access",
    content: html`<div class="card">
<h1>Request access to <bdi>${app.title}</bdi></h1>
${problem !== null && html`<p class="bad" id="problem" role="alert">${problem}</p>`}
${
  spans.length > 0 &&
  html`<p class="muted">${approvals === 1 ? "One approver decides" : `${approvals} approvers decide`}. It would allow: ${allowedInWords(allows)}, except what a policy forbids.</p>
<form method="post" action="${safeUrl(action)}">
${fields}
${reasonField("reason", reason, problem)}
<label for="seconds">For how long?</label>
<select class="field" id="seconds" name="seconds">${spans.map((span) => html`<option value="${span}">${spanInWords(span)}</option>`)}</select>
<div class="actions"><button class="button">Request access</button></div>
</form>`
}
${
  emergencySeconds !== null &&
  html`<h2>In an emergency</h2>
<p class="muted">You may let yourself in at once, for ${spanInWords(emergencySeconds)}. Every administrator sees it in the dashboard until somebody else has reviewed it.</p>
<form method="post" action="${safeUrl(action)}">
${fields}<input type="hidden" name="emergency" value="1">
${reasonField("emergency-reason", "", null)}
<div class="actions"><button class="button plain">Let me in now</button></div>
</form>`
}
</div>`,
  });
}

export interface GrantPage {
  /** Where its forms post to. */
  readonly path: string;
  readonly csrf: string;
  readonly grant: Grant;
  readonly appTitle: string;
  readonly host: string;
  readonly userEmail: string;
  /** The addresses of those who answered. */
  readonly answers: readonly { readonly email: string; readonly verdict: string; readonly note: string }[];
  readonly problem: string | null;
}

const factsOf = ({ grant, appTitle, host, userEmail, answers }: GrantPage): Html => html`<dl>
<dt>App</dt><dd><bdi>${appTitle}</bdi></dd>
<dt>Host</dt><dd>${host}</dd>
<dt>Who</dt><dd><bdi>${userEmail}</bdi></dd>
<dt>Why</dt><dd><bdi>${grant.reason}</bdi></dd>
<dt>Allows</dt><dd>${allowedInWords(grant)}</dd>
<dt>For</dt><dd>${spanInWords(grant.seconds)}</dd>
${grant.until !== null && html`<dt>Until</dt><dd>${timeOf(grant.until)}</dd>`}
<dt>Stands</dt><dd>${STATUS_WORDS[grant.status]}${grant.emergency && html` <strong class="bad">(emergency)</strong>`}</dd>
${answers.map(({ email, verdict, note }) => html`<dt>${verdict === "approve" ? "Approved by" : "Denied by"}</dt><dd><bdi>${email}</bdi>${note !== "" && html`: <bdi>${note}</bdi>`}</dd>`)}
</dl>`;

const form = (path: string, csrf: string, act: string, label: string, isPlain: boolean): Html =>
  html`<form method="post" action="${safeUrl(`${path}/${act}`)}">${hidden({ csrf })}<button class="button${isPlain ? " plain" : ""}">${label}</button></form>`;

export interface OwnGrantPage extends GrantPage {
  readonly approved: number;
  /** Where the waiting page hears of news, and where it goes on then. */
  readonly newsUrl: string;
  readonly nextUrl: string;
  /** The app's page for which access was requested. */
  readonly appUrl: string;
}

/** How a request of one's own stands. While it waits, the page listens and goes on by itself. */
export function ownGrantPage(page: OwnGrantPage): string {
  const { grant, appTitle, csrf, path, approved, newsUrl, nextUrl, appUrl, problem } = page;
  const isWaiting = grant.status === "pending";
  const isGranted = grant.status === "granted";
  return layout({
    title: isWaiting ? "Waiting for approval" : "Your request",
    content: html`<div class="card">
<h1>${isWaiting ? "Waiting for approval" : isGranted ? html`You may open <bdi>${appTitle}</bdi>` : html`Your request is ${STATUS_WORDS[grant.status]}`}</h1>
${problem !== null && html`<p class="bad" role="alert">${problem}</p>`}
${isWaiting && html`<p role="status">${approved} of ${grant.needed} approved. Leave this tab open: it goes on by itself.</p>`}
<div class="actions">
${isGranted && html`<a class="button" href="${safeUrl(appUrl)}">Open the app</a>`}
${isWaiting && form(path, csrf, "withdraw", "Take it back", true)}
${isGranted && form(path, csrf, "revoke", "Give it back now", true)}
${!isWaiting && !isGranted && html`<a class="button" href="${safeUrl(appUrl)}">Back to the app</a>`}
</div>
${factsOf(page)}
${isWaiting && html`<div data-news="${safeUrl(newsUrl)}" data-next="${safeUrl(nextUrl)}"></div>`}
</div>${isWaiting && WAIT_SCRIPT}`,
  });
}

export interface AnswerPage extends GrantPage {
  readonly mayAnswer: boolean;
  readonly mayRevoke: boolean;
  readonly mayReview: boolean;
  /** Null when nothing is to be decided any more. */
  readonly about: AboutPerson | null;
}

interface AboutPerson {
  readonly risk: number;
  readonly groups: readonly string[];
  readonly earlier: readonly { readonly app: string; readonly status: string; readonly at: number }[];
  readonly decisions: readonly { readonly decision: string; readonly what: string; readonly at: number }[];
}

const aboutPerson = ({ risk, groups, earlier, decisions }: AboutPerson): Html => html`
<h2>About the person</h2>
<dl>
<dt>Risk</dt><dd>${risk} of 100</dd>
<dt>Groups</dt><dd><bdi>${groups.join(", ") || "none"}</bdi></dd>
${earlier.map(({ app, status, at }) => html`<dt>${timeOf(at)}</dt><dd>asked for <bdi>${app}</bdi>: ${status}</dd>`)}
${decisions.map(({ decision, what, at }) => html`<dt>${timeOf(at)}</dt><dd>${decision}: <bdi>${what}</bdi></dd>`)}
</dl>`;

/** A request of somebody else, with what an approver should know. Posts `digest` and `note`. */
export function answerPage(page: AnswerPage): string {
  const { grant, appTitle, userEmail, csrf, path, problem } = page;
  return layout({
    title: "Request for access",
    content: html`<div class="card">
<h1><bdi>${userEmail}</bdi> asks for <bdi>${appTitle}</bdi></h1>
${problem !== null && html`<p class="bad" role="alert">${problem}</p>`}
${
  page.mayAnswer &&
  html`<form method="post" action="${safeUrl(`${path}/answer`)}">${hidden({ csrf, digest: grant.digest })}
<label for="note">A word to them (may be empty)</label>
<input class="field" id="note" name="note" maxlength="500">
<div class="actions"><button class="button" name="verdict" value="approve">Approve for ${spanInWords(grant.seconds)}</button> <button class="button plain" name="verdict" value="deny">Deny</button></div>
</form>`
}
<div class="actions">
${page.mayRevoke && form(path, csrf, "revoke", "Revoke now", false)}
${page.mayReview && form(path, csrf, "review", "I have reviewed this emergency", true)}
</div>
${factsOf(page)}
${page.about && aboutPerson(page.about)}
</div>`,
  });
}

export interface GrantLine {
  readonly url: string;
  readonly title: string;
  readonly detail: string;
}

/** All requests that concern a person: those to answer, and the person's own. */
export function grantsPage(
  userEmail: string,
  toAnswer: readonly GrantLine[],
  own: readonly GrantLine[],
): string {
  const list = (rows: readonly GrantLine[]): Html =>
    html`<ul class="apps">${rows.map(({ url, title, detail }) => html`<li><a href="${safeUrl(url)}"><strong><bdi>${title}</bdi></strong><span><bdi>${detail}</bdi></span></a></li>`)}</ul>`;
  return layout({
    title: "Requests for access",
    wide: true,
    aside: html`<div class="who"><bdi>${userEmail}</bdi></div>`,
    content: html`<h1>Requests for access</h1>
<h2>For you to answer</h2>
${toAnswer.length === 0 ? html`<p class="muted">None waits for you.</p>` : list(toAnswer)}
<h2>Your own</h2>
${own.length === 0 ? html`<p class="muted">You have made none. The page that denies you access offers it, where an app does.</p>` : list(own)}`,
  });
}
