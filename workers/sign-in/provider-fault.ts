/** A sign-in can't be based on what the provider sent. The message is for the audit log. */
export class ProviderFault extends Error {}

/** The provider answered correctly, and its answer is that this person may not or can't sign in now. */
export class ProviderRefusal extends ProviderFault {
  /** The text for the person. */
  readonly advice: string;

  /** @param reason One word for the audit log. */
  constructor(reason: string, advice: string) {
    super(reason);
    this.advice = advice;
  }
}
