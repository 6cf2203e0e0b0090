import { randomUUID } from 'node:crypto';
import { compileEventPattern, type EventPattern } from './event-pattern.ts';

/**
 * EventBridge's default bus, as far as S3 uses it: a bucket that asks for it tells of each new object,
 * and rules hand the event to their targets.
 * Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html and
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
 */
export interface EventBusOptions {
  readonly region: string;
  readonly accountId: string;
  readonly nowMs?: () => number;
}

/** Why there is a new object, in S3's words. */
export type CreationReason = 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload';

export interface CreatedObject {
  readonly key: string;
  readonly size: number;
  /** In quotes, as HTTP has it. */
  readonly etag: string;
}

/** Hands an event's JSON text to a target; rejects when the target doesn't take it. */
export type Deliver = (targetArn: string, input: string) => Promise<void>;

export interface BusRule {
  readonly name: string;
  readonly pattern: unknown;
  readonly isEnabled: boolean;
  readonly targets: readonly { readonly arn: string; readonly input: string | undefined }[];
}

interface OpenRule extends BusRule {
  readonly matches: EventPattern;
}

export class EventBus {
  readonly #options: EventBusOptions;
  readonly #rules: OpenRule[] = [];
  readonly #watched = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #deliver: Deliver = () => Promise.reject(new Error('the bus has no targets yet'));
  #onFailure: (rule: string, error: unknown) => void = () => {};
  #sequence = 0;

  constructor(options: EventBusOptions) {
    this.#options = options;
  }

  /** Where events go; before it nothing is delivered. */
  connect(deliver: Deliver, onFailure: (rule: string, error: unknown) => void): void {
    this.#deliver = deliver;
    this.#onFailure = onFailure;
  }

  /** @throws Error for a pattern that isn't built. */
  addRule(rule: BusRule): void {
    this.#rules.push({ ...rule, matches: compileEventPattern(rule.pattern) });
  }

  /** From now on the bucket tells of its new objects. */
  watchBucket(name: string): void {
    this.#watched.add(name);
  }

  objectCreated(bucket: string, object: CreatedObject, reason: CreationReason): void {
    if (!this.#watched.has(bucket)) return;
    const event = this.#createdEvent(bucket, object, reason);
    for (const rule of this.#rules) {
      if (!rule.isEnabled || !rule.matches(event)) continue;
      for (const { arn, input } of rule.targets) {
        this.#send(rule.name, arn, input ?? JSON.stringify(event));
      }
    }
  }

  /** Resolves when every event so far has been taken or has failed. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #send(rule: string, arn: string, input: string): void {
    const sending = this.#deliver(arn, input)
      .catch((error: unknown) => this.#onFailure(rule, error))
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  #createdEvent(bucket: string, { key, size, etag }: CreatedObject, reason: CreationReason) {
    const { region, accountId, nowMs = Date.now } = this.#options;
    this.#sequence += 1;
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: accountId,
      time: `${new Date(nowMs()).toISOString().slice(0, 19)}Z`,
      region,
      resources: [`arn:aws:s3:::${bucket}`],
      detail: {
        version: '0',
        bucket: { name: bucket },
        object: {
          key,
          size,
          etag: etag.replaceAll('"', ''),
          sequencer: this.#sequence.toString(16).toUpperCase().padStart(18, '0'),
        },
        'request-id': randomUUID().slice(0, 16).toUpperCase(),
        requester: accountId,
        'source-ip-address': '127.0.0.1',
        reason,
      },
    };
  }
}
