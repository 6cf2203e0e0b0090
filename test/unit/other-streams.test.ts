import { describe, expect, it } from 'vitest';
import type { ProfileStore } from '../../core/profile/profile-store.ts';
import type { BatchReport, EnrichPorts } from '../../lambdas/enrich/enrich-batch.ts';
import { BatchFailedError, enrichEvent } from '../../lambdas/enrich/enrich-event.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from '../property/memory-stores.ts';
import { trackEvent } from './event-maker.ts';

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const eventOf = (user: string, messageId: string) =>
  trackEvent('Any', { identities: [{ kind: 'userId', key: user }], messageId });

/** As https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html shows a record. */
const kafkaRecord = (partition: number, offset: number, value: unknown) => ({
  topic: 'events',
  partition,
  offset,
  timestamp: 1_545_084_650_987,
  timestampType: 'CREATE_TIME',
  key: 'cmVjb3JkS2V5',
  value: typeof value === 'string' ? value : base64(value),
  headers: [{ headerKey: [104, 101, 97, 100] }],
});

const msk = (records: Record<string, object[]>, cluster = 'vpc') => ({
  eventSource: 'aws:kafka',
  eventSourceArn: `arn:aws:kafka:us-east-1:123456789012:cluster/${cluster}/751d2973-2`,
  bootstrapServers: 'b-2.demo.kafka.us-east-1.amazonaws.com:9092',
  records,
});

/** As https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html shows a message. */
const rabbitmq = (...values: unknown[]) => ({
  eventSource: 'aws:rmq',
  eventSourceArn: 'arn:aws:mq:us-west-2:111122223333:broker:pizzaBroker:b-9bcfa592',
  rmqMessagesByQueue: {
    'pizzaQueue::/': values.map((value) => ({
      basicProperties: {
        contentType: 'text/plain',
        headers: { header1: { bytes: [118] } },
        deliveryMode: 1,
        timestamp: 'Jan 1, 1970, 12:33:41 AM',
        bodySize: 80,
      },
      redelivered: false,
      data: typeof value === 'string' ? value : base64(value),
    })),
  },
});

function enriching(store: ProfileStore = new MemoryProfileStore()) {
  const poison: { shardId: string; cause: string }[] = [];
  const reports: BatchReport[] = [];
  const ports: EnrichPorts = {
    profiles: store,
    catalogue: new MemoryCatalogueStore(),
    entryCache: new EntryCache(),
    writePoison: async (record) => void poison.push(record),
    keepRefused: async () => undefined,
    surroundings: { nowMs: () => Date.UTC(2026, 0, 2), random: () => 0, sleep: async () => {} },
  };
  const sum = (count: (report: BatchReport) => number) =>
    reports.reduce((total, report) => total + count(report), 0);
  return {
    poison,
    take: (event: unknown) => enrichEvent(event, ports, (report) => reports.push(report)),
    folded: () => sum(({ foldedCount }) => foldedCount),
    redelivered: () => sum(({ redeliveredCount }) => redeliveredCount),
    duplicates: () => sum(({ duplicateCount }) => duplicateCount),
  };
}

/** A store that can't write one profile. */
function failingFor(profileId: string, store = new MemoryProfileStore()): ProfileStore {
  return {
    readLinks: (refs) => store.readLinks(refs),
    readProfiles: (ids) => store.readProfiles(ids),
    write: (write) =>
      write.profiles.some(({ hot }) => hot.profileId === profileId)
        ? Promise.reject(new Error('the store failed'))
        : store.write(write),
  };
}

describe('a batch of Kafka', () => {
  const batch = msk({
    'events-0': [kafkaRecord(0, 15, eventOf('a', 'm1')), kafkaRecord(0, 16, eventOf('b', 'm2'))],
    'events-1': [kafkaRecord(1, 15, eventOf('c', 'm3'))],
  });

  it('is folded, and once only when it comes again', async () => {
    const { take, folded, redelivered } = enriching();
    expect(await take(batch)).toEqual({ batchItemFailures: [] });
    await take(batch);
    expect([folded(), redelivered()]).toEqual([3, 3]);
  });

  it('of a cluster without an ARN is read by its servers', async () => {
    const { take, folded } = enriching();
    const { eventSourceArn: _, ...selfManaged } = batch;
    await take({ ...selfManaged, eventSource: 'SelfManagedKafka' });
    expect(folded()).toBe(3);
  });

  it('has each partition come again from its own first failure', async () => {
    const { take, folded } = enriching(failingFor('u_b'));
    const failing = msk({
      'events-0': [kafkaRecord(0, 15, eventOf('a', 'm1')), kafkaRecord(0, 16, eventOf('b', 'm2'))],
      'events-1': [kafkaRecord(1, 9, eventOf('b', 'm3')), kafkaRecord(1, 10, eventOf('b', 'm4'))],
      'events-2': [kafkaRecord(2, 1, eventOf('c', 'm5'))],
    });
    expect(await take(failing)).toEqual({
      batchItemFailures: [
        { itemIdentifier: { partition: 'events-0', offset: 16 } },
        { itemIdentifier: { partition: 'events-1', offset: 9 } },
      ],
    });
    expect(folded()).toBe(2);
  });

  it('of another partition or cluster isn’t taken for handled because its offsets are lower', async () => {
    const { take, folded } = enriching();
    await take(msk({ 'events-0': [kafkaRecord(0, 100, eventOf('a', 'm1'))] }));
    await take(msk({ 'events-1': [kafkaRecord(1, 5, eventOf('a', 'm2'))] }));
    await take(msk({ 'events-0': [kafkaRecord(0, 7, eventOf('a', 'm3'))] }, 'next'));
    expect(folded()).toBe(3);
  });

  it('keeps what is no event apart, reads past tombstones, and goes on', async () => {
    const { take, folded, poison } = enriching();
    const records = [
      kafkaRecord(0, 1, 'bm90IEpTT04='),
      { ...kafkaRecord(0, 2, ''), value: null },
      kafkaRecord(0, 3, eventOf('a', 'm')),
    ];
    expect(await take(msk({ 'events-0': records }))).toEqual({ batchItemFailures: [] });
    expect(poison).toMatchObject([{ shardId: 'events-0', cause: 'not a JSON document in UTF-8' }]);
    expect(folded()).toBe(1);
  });
});

describe('a batch of RabbitMQ', () => {
  it('is folded, and once only when it comes again, in whatever order', async () => {
    const { take, folded, duplicates } = enriching();
    const [a, b] = [eventOf('a', 'm1'), eventOf('a', 'm2')];
    await take(rabbitmq(a, b));
    await take(rabbitmq(b, a));
    expect([folded(), duplicates()]).toEqual([2, 2]);
  });

  it('comes again as a whole when any of it failed', async () => {
    const { take, folded } = enriching(failingFor('u_b'));
    await expect(take(rabbitmq(eventOf('a', 'm1'), eventOf('b', 'm2')))).rejects.toThrow(
      BatchFailedError,
    );
    expect(folded()).toBe(1);
  });

  it('keeps what is no event under its content, the same each time', async () => {
    const { take, poison } = enriching();
    await take(rabbitmq('bm90IEpTT04=', eventOf('a', 'm1')));
    await take(rabbitmq(eventOf('a', 'm2'), 'bm90IEpTT04='));
    expect(new Set(poison.map(({ shardId }) => shardId)).size).toBe(1);
    expect(poison).toHaveLength(2);
  });
});

it('an event of no known stream fails, so that it isn’t lost', async () => {
  await expect(enriching().take({ anything: true })).rejects.toThrow('no stream');
});
