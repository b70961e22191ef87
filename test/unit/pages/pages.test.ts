import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COPY_SCRIPT } from "../../../workers/pages/copy-script.ts";
import {
  addressPage,
  codePage,
  commandLineDonePage,
  commandLinePage,
  confirmSignOutPage,
  deniedPage,
  deviceCodePage,
  errorPage,
  launcherPage,
  onwardPage,
  signedOutPage,
  signInPage,
} from "../../../workers/pages/index.ts";

/** Every page with the same string in every place that takes one. */
const PAGES: Readonly<Record<string, (text: string) => string>> = {
  signIn: (t) => signInPage({ providers: [{ id: t, name: t, href: t }], appTitle: t }),
  launcher: (t) =>
    launcherPage({
      passkeysUrl: "/.rustronaut/passkeys",
      requestsUrl: null,
      userEmail: t,
      apps: [
        { title: t, url: t, reachable: true, reason: null },
        { title: t, url: t, reachable: false, reason: t },
      ],
      signOutAction: t,
      csrf: t,
    }),
  denied: (t) =>
    deniedPage({
      appTitle: t,
      path: t,
      reason: t,
      decisionId: t,
      userEmail: t,
      contact: `Ask ${t}`,
      appUrl: t,
      switchUserUrl: t,
    }),
  address: (t) => addressPage({ action: t, state: t, email: t, problem: t }),
  code: (t) =>
    codePage({
      action: t,
      state: t,
      email: t,
      digits: 8,
      minutes: 10,
      problem: t,
      sendAgainAction: t,
      otherAddressUrl: t,
    }),
  commandLine: (t) =>
    commandLinePage({
      action: t,
      attemptId: t,
      csrf: t,
      network: t,
      userEmail: t,
      rights: t,
      machine: t,
      address: t,
      isElsewhere: true,
      byCode: true,
      switchUserUrl: t,
    }),
  deviceCode: (t) => deviceCodePage({ action: t, problem: t }),
  commandLineDone: (t) => commandLineDonePage({ isSignedIn: true, nextUrl: t }),
  signedIn: (t) => onwardPage({ title: t, nextUrl: t }),
  signedOut: (t) => signedOutPage({ signInUrl: t }),
  confirm: (t) => confirmSignOutPage({ action: t, csrf: t, scopeOptions: [{ value: t, label: t }] }),
  error: (t) => errorPage({ title: t, detail: t, code: t, requestId: t, retryUrl: t, retryLabel: t }),
};

/** The shape of a document: its tags with the names of their attributes, the values left out. */
function shape(document: string): string[] {
  return [...document.matchAll(/<\/?[^<>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, '""'));
}

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        ..."<>\"'&`= /\\\n\0",
        "<script>",
        "</style>",
        "</title>",
        "<!--",
        "-->",
        " onload=",
        "javascript:alert(1)",
        "data:text/html,",
        "//evil.example",
        "x",
      ),
    )
    .map((parts) => parts.join("")),
);

describe.each(Object.entries(PAGES))("the %s page", (_name, page) => {
  it("keeps its structure whatever strings it is given", () => {
    const expected = shape(page("plain"));
    fc.assert(
      fc.property(hostile, (text) => {
        expect(shape(page(text))).toEqual(expected);
      }),
      { seed: 20_261_124, numRuns: 300 },
    );
  });

  it("links only to http, https and paths of its own host", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const [, url] of page(text).matchAll(/(?:href|action)="([^"]*)"/g)) {
          expect(url).toMatch(/^(#|https?:\/\/|\/(?![/\\]))/);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
    expect(page("javascript:alert(1)")).not.toMatch(/(href|action)="javascript/);
  });

  it("is one document with a language, a title, one main and one first-level heading", () => {
    const document = page("Some text");
    expect(document).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(document.match(/<main/g)).toHaveLength(1);
    expect(document.match(/<h1/g)).toHaveLength(1);
    expect(document.match(/<title>[^<]+<\/title>/g)).toHaveLength(1);
    expect(document.replace(COPY_SCRIPT.text, "")).not.toMatch(/<script|<link|<img|style="| on[a-z]+="/);
  });
});

describe("what the pages say", () => {
  it("explains a denial in words, names the decision and offers a way out", () => {
    const page = deniedPage({
      appTitle: "Wiki",
      path: "/",
      reason: "default_deny",
      decisionId: "dec_1",
      userEmail: "a@example.com",
      contact: "",
      appUrl: "https://wiki.example.com/",
      switchUserUrl: "/.rustronaut/sign-out",
    });
    expect(page).toContain("No policy allows you to open this.");
    expect(page).toContain("dec_1");
    expect(page).toContain('href="https://wiki.example.com/"');
    expect(page).toContain('href="/.rustronaut/sign-out"');
  });

  const denied = (change: Partial<Parameters<typeof deniedPage>[0]>) =>
    deniedPage({
      appTitle: "Wiki",
      path: "/admin",
      reason: "policy",
      decisionId: "dec_1",
      userEmail: "bob@example.com",
      contact: "",
      appUrl: "/admin",
      ...change,
    });
  it("U26: says which page is closed when the app itself is not, and gives a text to send on", () => {
    const page = denied({});
    expect(page).toContain("<h1>You can’t open this page of <bdi>Wiki</bdi></h1>");
    expect(page).toContain("<dt>Page</dt><dd><bdi>/admin</bdi></dd>");
    expect(page).toContain(
      'data-copy="I can&#39;t open /admin of Wiki. Signed in as: bob@example.com. Decision: dec_1."',
    );
    expect(page).not.toContain("Whom to ask");
    expect(denied({ path: "/" })).toContain("<h1>You can’t open <bdi>Wiki</bdi></h1>");
  });
  it.each([
    ["help@example.com", 'href="mailto:help%40example.com?subject=Access%20to%20Wiki&amp;body=I%20can'],
    ["https://help.example.com/access", 'href="https://help.example.com/access"'],
    ["#it-help, or room 3", "<bdi>#it-help, or room 3</bdi>"],
  ])("U26: names whom to ask: %s", (contact, markup) => {
    expect(denied({ contact })).toContain(`<dt>Whom to ask</dt>`);
    expect(denied({ contact })).toContain(markup);
  });

  it.each([
    [undefined, "send the decision number below"],
    ["https://auth.example.com/ask", "an approver decides"],
  ])("says what to do about a missing permission where one may ask at %s", (askUrl, advice) => {
    const page = denied({ reason: "default_deny", askUrl });
    expect([page.includes(advice), page.includes("Request access")]).toEqual([true, askUrl !== undefined]);
  });

  it("shows a closed app without a link and an open one with it", () => {
    const page = launcherPage({
      passkeysUrl: "/.rustronaut/passkeys",
      requestsUrl: null,
      userEmail: "a@example.com",
      apps: [
        { title: "Wiki", url: "https://wiki.example.com/", reachable: true, reason: null },
        { title: "Pay", url: "https://pay.example.com/", reachable: false, reason: "default_deny" },
      ],
      signOutAction: "/sign-out",
      csrf: "token",
    });
    expect(page).toContain('href="https://wiki.example.com/"');
    expect(page).not.toContain("https://pay.example.com/");
    expect(page).toContain("Pay");
  });

  it("leads to requests for access whoever takes part in them", () => {
    const of = (requestsUrl: string | null) =>
      launcherPage({
        ...{ passkeysUrl: "/p", userEmail: "a@example.com", apps: [], signOutAction: "/o", csrf: "t" },
        requestsUrl,
      });
    expect(of("/.rustronaut/grants")).toContain('href="/.rustronaut/grants"');
    expect(of(null)).not.toContain("Requests for access");
  });
});

describe("the way on from an error", () => {
  const page = { title: "Nothing is here", detail: "", code: "not_found", requestId: "dec_1", retryUrl: "/" };

  it("says where it leads, and that it is the same again where nothing else is said", () => {
    expect(errorPage(page)).toContain('<a class="button" href="/">Try again</a>');
    expect(errorPage({ ...page, retryLabel: "Your apps" })).toContain(
      '<a class="button" href="/">Your apps</a>',
    );
  });
});
