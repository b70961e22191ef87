import { DurableObject } from "cloudflare:workers";
import { type QuotaLease, Quotas, type RequestQuotaRpc } from "../shared/access/quota.ts";

/** Counts the requests of one app, for all isolates together. It stores nothing: a restart fills the quotas again. */
export class RequestQuota extends DurableObject implements RequestQuotaRpc {
  readonly #quotas = new Quotas();

  async take(key: string, wanted: number, perMinute: number): Promise<QuotaLease> {
    return this.#quotas.take(key, wanted, perMinute, Date.now());
  }
}
