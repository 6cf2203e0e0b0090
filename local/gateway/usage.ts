import type { ApiGatewayModel, ApiKey } from './rest-api.ts';
import { QuotaCounter, TokenBucket } from './throttle.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly key: ApiKey }
  | { readonly kind: 'unknown key' }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'quota exceeded' };

/** Checks API keys against the usage plans of a stage and counts what they use. */
export class Usage {
  readonly #model: ApiGatewayModel;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #quotas = new Map<string, QuotaCounter>();

  constructor(model: ApiGatewayModel) {
    this.#model = model;
  }

  admit(apiId: string, stage: string, keyValue: string | undefined, nowMs: number): Admission {
    const key = [...this.#model.keys.values()].find(
      ({ value, isEnabled }) => isEnabled && value === keyValue,
    );
    const plan =
      key === undefined
        ? undefined
        : [...this.#model.usagePlans.values()].find(
            ({ keyIds, stages }) =>
              keyIds.has(key.id) &&
              stages.some((entry) => entry.apiId === apiId && entry.stage === stage),
          );
    if (key === undefined || plan === undefined) return { kind: 'unknown key' };
    const id = `${plan.id} ${key.id}`;
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = new TokenBucket(plan.throttle, nowMs);
      this.#buckets.set(id, bucket);
    }
    if (!bucket.take(nowMs)) return { kind: 'throttled' };
    if (plan.quota === undefined) return { kind: 'admitted', key };
    let quota = this.#quotas.get(id);
    if (quota === undefined) {
      quota = new QuotaCounter(plan.quota);
      this.#quotas.set(id, quota);
    }
    return quota.take(nowMs) ? { kind: 'admitted', key } : { kind: 'quota exceeded' };
  }
}
