import * as z from 'zod';
import type { StreamRecord } from './stream-record.ts';

/**
 * What Lambda hands over of Kafka, by MSK or self-managed: records by topic and partition.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html#msk-sample-event
 */
export const kafkaEvent = z.looseObject({
  eventSource: z.enum(['aws:kafka', 'SelfManagedKafka']),
  eventSourceArn: z.string().optional(),
  bootstrapServers: z.string().optional(),
  records: z.record(
    z.string(),
    z.array(
      z.looseObject({
        topic: z.string(),
        partition: z.int().min(0),
        offset: z.int().min(0),
        timestamp: z.int().min(0),
        /** Absent for a tombstone, which says nothing here. */
        value: z.string().nullish(),
      }),
    ),
  ),
});
export type KafkaEvent = z.infer<typeof kafkaEvent>;

/** The records of one partition, in its order. */
export interface KafkaPartition {
  /** `<topic>-<number>`, as Lambda keys it and wants failures named. */
  readonly name: string;
  readonly records: readonly StreamRecord[];
}

/**
 * The records of each partition. Kafka orders a partition as a whole, so the partition is what orders;
 * offsets begin anew in another cluster, so the cluster belongs to its name. A topic that is deleted
 * and made again under its name begins anew too, and would look handled: give it another name.
 */
export function kafkaPartitions(event: KafkaEvent): KafkaPartition[] {
  const cluster = event.eventSourceArn ?? event.bootstrapServers ?? '';
  return Object.entries(event.records).map(([name, records]) => ({
    name,
    records: records.flatMap(({ topic, partition, offset, timestamp, value }) =>
      value === undefined || value === null
        ? []
        : {
            shardId: `${topic}-${partition}`,
            sequenceNumber: String(offset),
            partitionKey: `kafka ${cluster} ${topic} ${partition}`,
            arrivedAtMs: timestamp,
            data: value,
          },
    ),
  }));
}
