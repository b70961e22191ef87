import type { TrialCheck, TrialResult, TrialStep } from "./provider-trial.ts";

/** The names of the trial's steps, in words for people. */
export const STEP_WORDS: Readonly<Record<TrialStep, string>> = {
  discovery: "Discovery and issuer",
  clock: "Clock",
  keys: "Signing keys",
  redirect: "Address that people come back to",
  client: "Client id and secret",
  request: "What a sign-in asks for",
  claims: "Claims and groups",
  mail: "Mail service",
};

export const RESULT_WORDS: Readonly<Record<TrialResult, string>> = {
  good: "works",
  warn: "look at it",
  bad: "does not work",
  unknown: "can't be told",
};

/** A check's findings as sentences. */
export const findingSentences = ({ findings }: TrialCheck): string[] =>
  findings.map((finding) => {
    const text = finding.charAt(0).toUpperCase() + finding.slice(1);
    return /[.!?]$/.test(text) ? text : `${text}.`;
  });
