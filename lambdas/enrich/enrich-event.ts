import type { KinesisStreamEvent } from 'aws-lambda';
import { type KafkaEvent, kafkaEvent, kafkaPartitions } from './decode-kafka.ts';
import { kinesisRecord } from './decode-kinesis.ts';
import { rabbitmqEvent, rabbitmqRecords } from './decode-rabbitmq.ts';
import { type BatchReport, type EnrichPorts, enrichBatch } from './enrich-batch.ts';

/** What must come again: by its number in Kinesis, by partition and offset in Kafka. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: string | { readonly partition: string; readonly offset: number };
  }[];
}

/** Some messages of a queue have to come again, and a queue can only have all of them again. */
export class BatchFailedError extends Error {
  override readonly name = 'BatchFailedError';
}

/** Enriches the batch of a stream, whichever of the three that functions can be mapped to it is. */
export async function enrichEvent(
  event: unknown,
  ports: EnrichPorts,
  tell: (report: BatchReport) => void,
): Promise<BatchAnswer> {
  const ofKafka = kafkaEvent.safeParse(event);
  if (ofKafka.success) return enrichKafka(ofKafka.data, ports, tell);
  const ofRabbitmq = rabbitmqEvent.safeParse(event);
  if (ofRabbitmq.success) {
    const records = rabbitmqRecords(ofRabbitmq.data, ports.surroundings.nowMs());
    const report = await enrichBatch(ports, records);
    tell(report);
    const failedCount = report.failedSequenceNumbers.length;
    // What is done already is known by its message id when the whole batch comes again.
    if (failedCount > 0) throw new BatchFailedError(`${failedCount} messages must come again`);
    return { batchItemFailures: [] };
  }
  if (!isKinesisEvent(event)) throw new Error('the event is of no stream that is known here');
  const report = await enrichBatch(ports, event.Records.map(kinesisRecord));
  tell(report);
  return {
    // The lowest first: Lambda delivers again from it on.
    batchItemFailures: report.failedSequenceNumbers.map((itemIdentifier) => ({ itemIdentifier })),
  };
}

/** One partition after the other: offsets of different ones are not to be compared. */
async function enrichKafka(
  event: KafkaEvent,
  ports: EnrichPorts,
  tell: (report: BatchReport) => void,
): Promise<BatchAnswer> {
  const failures: { itemIdentifier: { partition: string; offset: number } }[] = [];
  for (const { name, records } of kafkaPartitions(event)) {
    const report = await enrichBatch(ports, records);
    tell(report);
    const [lowest] = report.failedSequenceNumbers;
    if (lowest !== undefined) {
      failures.push({ itemIdentifier: { partition: name, offset: Number(lowest) } });
    }
  }
  return { batchItemFailures: failures };
}

/** Lambda's own form of the default stream: its records are read one by one, each by its schema. */
function isKinesisEvent(event: unknown): event is KinesisStreamEvent {
  return typeof event === 'object' && event !== null && 'Records' in event;
}
