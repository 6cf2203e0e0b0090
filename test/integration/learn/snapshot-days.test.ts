import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { explainedSpace } from '../../../adapters/duckdb/disk-full.ts';
import { SnapshotDatabase } from '../../../adapters/duckdb/snapshot-database.ts';
import { coldItem, hotItem } from '../../../adapters/dynamodb/profile-item.ts';
import { LineWriter } from '../../../adapters/files/line-writer.ts';
import { writeLatest } from '../../../adapters/s3/quality-store.ts';
import { keepSnapshotFacts } from '../../../adapters/s3/snapshot-history.ts';
import { newProfile } from '../../../core/profile/fold-event.ts';
import { splitProfile } from '../../../core/profile/hot-cold.ts';
import { encodeHot } from '../../../core/profile/stored-profile.ts';
import type { LatestAudit } from '../../../core/quality/quality-index.ts';
import {
  decodeSnapshotManifest,
  type SnapshotManifest,
} from '../../../core/training/snapshot-file.ts';
import { bringDays } from '../../../lambdas/recommend/bring-days.ts';
import { startStores, type TrainingStores } from '../../training/stores.ts';
import {
  boardOrders,
  fillStores,
  loadSteps,
  type TrainingSteps,
} from '../../training/training-steps.ts';

vi.setConfig({ testTimeout: 60_000 });

let stores: TrainingStores;
let steps: TrainingSteps;
beforeAll(async () => {
  stores = await startStores();
  steps = await loadSteps();
});
afterAll(() => stores?.stop());
beforeEach(() => stores.objects.clear());

const orders = boardOrders();
const lake = () => ({ client: stores.s3, bucket: 'lake' });

async function snapshot(): Promise<SnapshotManifest & { snapshotId: string }> {
  const { snapshotId } = await steps.snapshot(await steps.exportProfiles({}));
  const bytes = stores.objects.get(`lake/snapshots/${snapshotId}/manifest.json`);
  const manifest = decodeSnapshotManifest(bytes);
  if (!manifest.ok) throw new Error(manifest.reason);
  return { ...manifest.value, snapshotId };
}

const readDays = ({ days }: SnapshotManifest) =>
  days.filter(({ isRead }) => isRead).map(({ day }) => day);
const dayKeys = () => [...stores.objects.keys()].filter((key) => key.includes('/snapshot-days/'));
const parquetOf = async (id: string, name: string) =>
  z.array(z.record(z.string(), z.unknown())).parse(
    await parquetReadObjects({
      file: new Uint8Array(stores.objects.get(`lake/snapshots/${id}/${name}`) ?? []).buffer,
      compressors,
    }),
  );

describe('the days of a snapshot', () => {
  it('are read once, and again only when the lake has changed of them', async () => {
    await fillStores(stores);
    const first = await snapshot();
    expect(readDays(first)).toEqual(['2026-11-01', '2026-11-02']);
    expect(first.schemaVersions).toEqual({ 1: orders.length + 1 });

    const second = await snapshot();
    expect(readDays(second)).toEqual([]);
    expect(second.facts).toEqual({ ...first.facts, createdAt: second.facts.createdAt });

    // A file that comes late, with an event that the day after has already.
    await stores.putLake('2026-11-01', 'late', [{ ...orders.at(-1) }]);
    const third = await snapshot();
    expect(readDays(third)).toEqual(['2026-11-01']);
    expect(third.facts.interactions).toEqual(first.facts.interactions);
    expect(third.facts.dropped.duplicateMessage).toBe(2);
  });

  it('forget what an erasure takes out of the lake, and of files that it deletes', async () => {
    await fillStores(stores);
    const before = await snapshot();
    await stores.putLake('2026-11-01', 'a', orders.slice(5, orders.length >> 1));
    const after = await snapshot();
    expect(readDays(after)).toEqual(['2026-11-01']);
    // The one of them that was delivered twice lies in the other day, too.
    expect(after.facts.interactions.purchase).toBe(before.facts.interactions.purchase - 4);
    for (const key of dayKeys()) stores.objects.delete(key);
    const anew = await snapshot();
    expect(readDays(anew)).toEqual(['2026-11-01', '2026-11-02']);
    expect(anew.facts.interactions).toEqual(after.facts.interactions);
  });

  it('lose the files that no snapshot will use again', async () => {
    await fillStores(stores);
    await snapshot();
    const stale = dayKeys().filter((key) => key.includes('2026-11-01'));
    await stores.putLake('2026-11-01', 'late', []);
    await snapshot();
    expect(stale).toHaveLength(1);
    expect(dayKeys()).not.toContain(stale[0]);
    expect(dayKeys()).toHaveLength(2);
  });
});

describe('a snapshot for people and other engines', () => {
  it('is Parquet with names and times, of the same rows, in their order', async () => {
    await fillStores(stores);
    const { snapshotId, facts, files } = await snapshot();
    const rows = await parquetOf(snapshotId, 'interactions.parquet');
    expect(rows).toHaveLength(facts.interactions.purchase);
    expect(rows[0]).toMatchObject({ customer: 0, kind: 'purchase', item_id: expect.any(String) });
    const times = rows.map(({ occurred_at }) => Number(occurred_at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(files.map(({ name }) => name)).toEqual([
      'interactions.bin',
      'items.jsonl',
      'interactions.parquet',
      'profiles.parquet',
      'changes.json',
    ]);
  });
});

describe('the profiles of a snapshot', () => {
  it('bring a refusal that has left the lake, and name nobody', async () => {
    await fillStores(stores);
    const whole = await snapshot();
    const profile = {
      ...newProfile('u_customer-3', Date.now()),
      identities: ['userId#customer-3'],
      consent: { personalization: { granted: false, timeMs: 1_000, source: 'crm' } },
      version: 3,
    };
    const { hot, cold } = splitProfile(profile);
    const text = encodeHot({ ...hot, coldVersion: 3 });
    for (const Item of [hotItem(profile, text), coldItem(profile.profileId, 3, cold)]) {
      await stores.dynamoDb.send(new PutItemCommand({ TableName: 'profiles', Item }));
    }
    const { facts, snapshotId, profileCount } = await snapshot();
    expect(profileCount).toBe(1);
    const theirs = orders.filter(({ identities }) =>
      JSON.stringify(identities).includes('"customer-3"'),
    ).length;
    expect(facts.dropped.noConsent).toBe(theirs);
    expect(facts.customers).toBe(whole.facts.customers - 1);
    const rows = await parquetOf(snapshotId, 'profiles.parquet');
    expect(rows).toMatchObject([{ is_readable: true, personalization: false, has_user_id: true }]);
    expect(Object.keys(rows[0] ?? {})).not.toContain('profile_id');
    expect([...stores.objects.keys()].filter((key) => key.includes('snapshot-exports'))).toEqual(
      [],
    );
    for (const id of [profile.profileId, `cold#${profile.profileId}`]) {
      const Key = marshall({ profileId: id });
      await stores.dynamoDb.send(new DeleteItemCommand({ TableName: 'profiles', Key }));
    }
  });
});

describe('what is expected of a snapshot', () => {
  const expectations = (document: object) =>
    stores.dynamoDb.send(
      new PutItemCommand({
        TableName: 'config',
        Item: marshall({ kind: 'snapshot', id: 'default', ...document }),
      }),
    );
  const asShipped = () =>
    stores.dynamoDb.send(
      new DeleteItemCommand({
        TableName: 'config',
        Key: marshall({ kind: 'snapshot', id: 'default' }),
      }),
    );

  it('is that it is about as large as those before it, unless the shop says otherwise', async () => {
    await fillStores(stores);
    const { facts, snapshotId } = await snapshot();
    const doubled = { view: 0, cart: 0, uncart: 0, purchase: 2 * facts.interactions.purchase };
    for (const id of ['1', '2', '3']) {
      await keepSnapshotFacts(lake(), id, { ...facts, interactions: doubled });
    }
    await steps.check({ snapshotId });
    const shrunken = await snapshot();
    await expect(steps.check(shrunken)).rejects.toMatchObject({
      name: 'SnapshotRejected',
      message: expect.stringContaining('volume of interactions: '),
    });
    await expectations({ shrinkShareMax: 0.6 });
    await steps.check(await snapshot());
    await expectations({ shrinkShare: 0.6 });
    await expect(snapshot()).rejects.toThrow('kindred config put snapshot');
    await asShipped();
  });

  it('is that the nightly audit does not say stop', async () => {
    await fillStores(stores);
    const run = await snapshot();
    const found: LatestAudit = {
      formVersion: 1,
      day: '2026-11-26',
      writtenAt: new Date().toISOString(),
      verdict: 'stop',
      suites: [
        {
          suiteId: 'orders',
          dataset: 'orders',
          verdict: 'stop',
          unmet: ['order-unique'],
          rowCount: 5,
          problem: '',
        },
      ],
    };
    await writeLatest(lake(), found);
    await expect(steps.check(run)).rejects.toMatchObject({
      name: 'AuditStops',
      message: 'the audit of 2026-11-26 says stop: orders (order-unique)',
    });
    await writeLatest(lake(), { ...found, writtenAt: '2020-01-01T00:00:00.000Z' });
    await steps.check(run);
  });
});

describe('a disk that fills', () => {
  it('is said as what it is, and leaves no snapshot behind', async () => {
    await fillStores(stores);
    const folder = await mkdtemp(join(tmpdir(), 'kindred-full-'));
    const options = { memoryMb: 256, threads: 1, folder, folderMb: 64 };
    const database = await SnapshotDatabase.open(options);
    const ports = { lake: lake(), database, folder, nowMs: Date.now };
    try {
      await expect(bringDays({ ...ports, diskBytesMax: 1_000 })).rejects.toMatchObject({
        name: 'DiskFull',
        message: expect.stringContaining('keep fewer days in the lake'),
      });
    } finally {
      database.close();
      await rm(folder, { recursive: true });
    }
    expect([...stores.objects.keys()].filter((key) => key.includes('/snapshots/'))).toEqual([]);
  });

  it('is known by the operating system’s word for it', () => {
    const writer = new LineWriter('/dev/full');
    writer.write('a line');
    let thrown: unknown;
    try {
      writer.close();
    } catch (error) {
      thrown = explainedSpace(error);
    }
    expect(thrown).toMatchObject({ name: 'DiskFull' });
  });
});
