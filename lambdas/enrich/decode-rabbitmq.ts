import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { StreamRecord } from './stream-record.ts';

/**
 * What Lambda hands over of RabbitMQ on Amazon MQ: messages by queue and virtual host.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html#services-mq-params
 */
export const rabbitmqEvent = z.looseObject({
  eventSource: z.literal('aws:rmq'),
  rmqMessagesByQueue: z.record(z.string(), z.array(z.looseObject({ data: z.string() }))),
});
export type RabbitmqEvent = z.infer<typeof rabbitmqEvent>;

/**
 * The messages of all queues. RabbitMQ numbers nothing and delivers anew in any order, so a message's
 * own id is all that tells a repeat; its number here is its place in the batch.
 */
export function rabbitmqRecords(event: RabbitmqEvent, nowMs: number): StreamRecord[] {
  return Object.values(event.rmqMessagesByQueue)
    .flat()
    .map(({ data }, index) => ({
      // A poison message is kept under its content: a place in a batch names nothing.
      shardId: `rabbitmq-${createHash('sha256').update(data).digest('hex')}`,
      sequenceNumber: String(index),
      partitionKey: undefined,
      arrivedAtMs: nowMs,
      data,
    }));
}
