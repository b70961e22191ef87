/** What a provider sent is not what a sign-in may rest on. The message is for the audit log. */
export class ProviderFault extends Error {}

/** The provider answered as it should, and its answer is that this person may not sign in, or can't as things stand. */
export class ProviderRefusal extends ProviderFault {
  /** What to tell the person. */
  readonly advice: string;

  /** @param reason One word for the audit log. */
  constructor(reason: string, advice: string) {
    super(reason);
    this.advice = advice;
  }
}
