import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { LocalCloud } from '../../local/cloud.ts';
import { type Check, median, shown } from '../check.ts';
import { BATCH_EVENTS, realisticBatch } from './realistic-batch.ts';

const ROUNDS = 300;
const WARM_UP_ROUNDS = 100;

/** What the SDK's own call takes, one after the other, for the batch that the collector acknowledges. */
export async function benchPutRecords({ connection }: LocalCloud): Promise<Check[]> {
  const client = new KinesisClient({
    region: connection.region,
    endpoint: connection.aws.kinesis ?? '',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const StreamName = connection.resources.EventsStreamName;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { batch } = realisticBatch(round) as { batch: object[] };
    const Records = batch.map((call, index) => ({
      Data: Buffer.from(JSON.stringify(call)),
      PartitionKey: `customer-${round}-${index}`,
    }));
    const startMs = performance.now();
    await client.send(new PutRecordsCommand({ StreamName, Records }));
    if (round >= WARM_UP_ROUNDS) times.push(performance.now() - startMs);
  }
  client.destroy();
  return [
    shown(
      'the SDK’s PutRecords with the local stream, an event',
      (median(times) * 1000) / BATCH_EVENTS,
      'µs',
    ),
  ];
}
