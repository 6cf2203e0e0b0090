import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
  type _Record as WireRecord,
} from '@aws-sdk/client-kinesis';
import type { KinesisStreamRecord } from 'aws-lambda';
import { createEventStream, type StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { recordOf } from '../property/simulated-stream.ts';

const PUT_MS_MAX = 10_000;

/** A stream whose shards change by chance under way, read over the wire as Lambda reads: no shard before its parents. */
export class ReshardedStream {
  readonly #name: string;
  readonly #random: () => number;
  readonly #client = new KinesisClient();
  /** The last record read, by shard. */
  readonly #positions = new Map<string, string>();

  constructor(name: string, random: () => number) {
    this.#name = name;
    this.#random = random;
  }

  close(): void {
    this.#client.destroy();
  }

  async put(records: readonly StreamRecord[]): Promise<void> {
    await createEventStream(this.#name).put(records, Date.now() + PUT_MS_MAX);
  }

  /** Splits one of the open shards somewhere. */
  async split(): Promise<void> {
    const open = (await this.#shards()).filter(isOpen);
    const chosen = this.#oneOf(open);
    const { StartingHashKey = '0', EndingHashKey = '0' } = chosen?.HashKeyRange ?? {};
    const width = BigInt(EndingHashKey) - BigInt(StartingHashKey);
    const tenths = BigInt(1 + Math.floor(this.#random() * 9));
    const NewStartingHashKey = String(BigInt(StartingHashKey) + (width * tenths) / 10n);
    const names = { StreamName: this.#name, ShardToSplit: chosen?.ShardId };
    await this.#client.send(new SplitShardCommand({ ...names, NewStartingHashKey }));
  }

  /** Merges two neighbours of the open shards. */
  async merge(): Promise<void> {
    const open = (await this.#shards()).filter(isOpen);
    const pairs = open.flatMap((lower) =>
      open.flatMap((upper) => (isFollowing(lower, upper) ? [[lower, upper] as const] : [])),
    );
    const [lower, upper] = this.#oneOf(pairs) ?? [];
    await this.#client.send(
      new MergeShardsCommand({
        StreamName: this.#name,
        ShardToMerge: lower?.ShardId,
        AdjacentShardToMerge: upper?.ShardId,
      }),
    );
  }

  /** Gives what is new, shard by shard and all at once; a child's as soon as that of its parents is through. */
  async consume(consumeShard: (records: KinesisStreamRecord[]) => Promise<void>): Promise<void> {
    const through = new Map<string, Promise<void>>();
    // Parents are listed before their children.
    for (const shard of await this.#shards()) {
      const { ShardId = '', ParentShardId = '', AdjacentParentShardId = '' } = shard;
      const parents = [through.get(ParentShardId), through.get(AdjacentParentShardId)];
      const reading = Promise.all(parents).then(async () =>
        consumeShard(await this.#readNew(shard)),
      );
      through.set(ShardId, reading);
    }
    await Promise.all(through.values());
  }

  async #readNew(shard: Shard): Promise<KinesisStreamRecord[]> {
    const { ShardId = '' } = shard;
    const position = this.#positions.get(ShardId);
    const { ShardIterator } = await this.#client.send(
      new GetShardIteratorCommand({
        StreamName: this.#name,
        ShardId,
        ...(position === undefined
          ? { ShardIteratorType: 'TRIM_HORIZON' }
          : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position }),
      }),
    );
    const found: KinesisStreamRecord[] = [];
    let iterator = ShardIterator;
    while (iterator !== undefined) {
      const page = await this.#client.send(new GetRecordsCommand({ ShardIterator: iterator }));
      found.push(...(page.Records ?? []).map((record) => asLambdaGivesIt(ShardId, record)));
      iterator = page.Records?.length === 0 ? undefined : page.NextShardIterator;
    }
    const last = found.at(-1);
    if (last !== undefined) this.#positions.set(ShardId, last.kinesis.sequenceNumber);
    return found;
  }

  async #shards(): Promise<Shard[]> {
    const answer = await this.#client.send(new ListShardsCommand({ StreamName: this.#name }));
    return answer.Shards ?? [];
  }

  #oneOf<T>(several: readonly T[]): T | undefined {
    return several[Math.floor(this.#random() * several.length)];
  }
}

function isOpen({ SequenceNumberRange }: Shard): boolean {
  return SequenceNumberRange?.EndingSequenceNumber === undefined;
}

function isFollowing(lower: Shard, upper: Shard): boolean {
  const { HashKeyRange: { EndingHashKey = '' } = {} } = lower;
  return BigInt(EndingHashKey) + 1n === BigInt(upper.HashKeyRange?.StartingHashKey ?? 0);
}

function asLambdaGivesIt(
  shardId: string,
  { SequenceNumber = '', PartitionKey = '', Data, ApproximateArrivalTimestamp }: WireRecord,
): KinesisStreamRecord {
  const arrivedAtMs = ApproximateArrivalTimestamp?.getTime() ?? 0;
  const record = recordOf(undefined, PartitionKey, SequenceNumber, arrivedAtMs);
  const data = Buffer.from(Data ?? []).toString('base64');
  const eventID = `${shardId}:${SequenceNumber}`;
  return { ...record, eventID, kinesis: { ...record.kinesis, data } };
}
