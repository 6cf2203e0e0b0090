import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createSourceDirectory,
  type SourceDirectory,
} from '../../adapters/dynamodb/source-directory.ts';
import { createSourceRate, type SourceRate } from '../../adapters/dynamodb/source-rate.ts';
import { SourceChangedError } from '../../adapters/dynamodb/source-registry.ts';
import { retireKey, rotateKey } from '../../cli/source/write-keys.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

const DEFAULT_KEY = 'default-key';
const FRESH_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 23, 12);

let services: CollectorServices;
let directory: SourceDirectory;
beforeAll(async () => {
  services = await startCollectorServices(DEFAULT_KEY);
  for (const [name, value] of Object.entries(services.variables)) vi.stubEnv(name, value);
});
beforeEach(() => {
  // Only the clock: the SDK's own timers run on.
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS });
  directory = newDirectory();
});
afterEach(() => {
  services.faults.liftAll();
  vi.useRealTimers();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await services.stop();
});

const newDirectory = () => {
  const { CONFIG_TABLE = '', WRITE_KEY_SECRET_ID = '' } = services.variables;
  return createSourceDirectory(CONFIG_TABLE, WRITE_KEY_SECRET_ID);
};
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const failTable = () => services.faults.inject({ service: 'dynamodb', action: { kind: 'error' } });

describe('the directory of sources', () => {
  it('knows a source by its key and by its id, with all that its document says', async () => {
    const key = await services.addSource({
      sourceId: 'known',
      isServerSide: true,
      allowedOrigins: ['https://shop.example'],
    });
    const expected = { sourceId: 'known', isServerSide: true, isEnabled: true };
    expect(await directory.find(key)).toMatchObject(expected);
    expect(await directory.byId('known')).toMatchObject(expected);
    expect(await directory.find('wk_nobody')).toBeUndefined();
    expect(await directory.byId('nobody')).toBeUndefined();
  });

  it('has a default source, of which a document may say more', async () => {
    expect(await directory.find(DEFAULT_KEY)).toMatchObject({
      sourceId: 'website',
      isServerSide: true,
    });
    await services.addSource({ sourceId: 'website', isEnabled: false });
    expect(await newDirectory().find(DEFAULT_KEY)).toMatchObject({ isEnabled: false });
    await services.registry.documents.delete('website');
  });

  it('knows two keys of a source while they are rotated, and one after', async () => {
    const first = await services.addSource({ sourceId: 'rotating' });
    expect(await directory.find(first)).toBeDefined();
    later(1);
    const { writeKey: second } = await rotateKey(services.registry, 'rotating');
    // At once, though the source is remembered without it.
    expect(await directory.find(second)).toBeDefined();
    expect(await directory.find(first)).toBeDefined();
    await retireKey(services.registry, 'rotating', undefined);
    later(FRESH_MS);
    expect(await directory.find(first)).toBeUndefined();
    expect(await directory.find(second)).toBeDefined();
  });

  it('refuses a key that its source does not list, whatever the key’s own document says', async () => {
    const key = await services.addSource({ sourceId: 'edited' });
    const stored = sourceDocument.parse(await services.registry.documents.get('edited'));
    await services.registry.documents.put('edited', { ...stored, writeKeys: [] });
    expect(await directory.find(key)).toBeUndefined();
  });

  it('keeps to what it knew while the table can’t be read, but guesses nothing', async () => {
    const key = await services.addSource({ sourceId: 'steady' });
    await directory.find(key);
    expect(await directory.find('wk_nobody')).toBeUndefined();
    failTable();
    later(FRESH_MS);
    expect(await directory.find(key)).toMatchObject({ sourceId: 'steady' });
    // It may have been made since: whether it is known can't be told.
    await expect(directory.find('wk_nobody')).rejects.toThrow();
    await expect(directory.find('wk_never_asked')).rejects.toThrow();
  });

  it('goes on with the default source, which has no document, while the table can’t be read', async () => {
    await directory.find(DEFAULT_KEY);
    failTable();
    later(FRESH_MS);
    expect(await directory.find(DEFAULT_KEY)).toMatchObject({ sourceId: 'website' });
  });

  it('refuses no new key of a source that it can’t read again', async () => {
    const first = await services.addSource({ sourceId: 'half-read' });
    await directory.find(first);
    later(1);
    const { writeKey: second } = await rotateKey(services.registry, 'half-read');
    services.faults.inject({
      service: 'dynamodb',
      action: { kind: 'error' },
      when: ({ body }) => Buffer.from(body).toString().includes('half-read'),
    });
    await expect(directory.find(second)).rejects.toThrow();
    expect(await directory.find(first)).toBeDefined();
    services.faults.liftAll();
    later(FRESH_MS);
    expect(await directory.find(second)).toBeDefined();
  });

  it('asks the table no more than once in a while during an outage', async () => {
    const key = await services.addSource({ sourceId: 'patient' });
    await directory.find(key);
    let requestCount = 0;
    services.faults.inject({
      service: 'dynamodb',
      action: { kind: 'error' },
      onHit: () => {
        requestCount += 1;
      },
    });
    later(FRESH_MS);
    await directory.find(key);
    const afterFirst = requestCount;
    expect(afterFirst).toBeGreaterThan(0);
    await directory.find(key);
    expect(requestCount).toBe(afterFirst);
  });
});

describe('the registry of sources', () => {
  it('lets nobody overwrite the keys that another one made', async () => {
    await services.addSource({ sourceId: 'contended' });
    const seen = sourceDocument.parse(await services.registry.documents.get('contended'));
    await rotateKey(services.registry, 'contended');
    await expect(services.registry.write({ ...seen, writeKeys: [] }, seen)).rejects.toBeInstanceOf(
      SourceChangedError,
    );
  });

  it('keeps no key, only its SHA-256', async () => {
    const key = await services.addSource({ sourceId: 'hashed' });
    const stored = await services.registry.documents.get('hashed');
    const sha256 = createHash('sha256').update(key).digest('hex');
    expect(stored?.writeKeys.map((live) => live.sha256)).toEqual([sha256]);
    expect(JSON.stringify(stored)).not.toContain(key);
  });
});

describe('the rate of a source', () => {
  const uncounted: unknown[] = [];
  const newRate = (): SourceRate =>
    createSourceRate(
      new DynamoDBClient({ maxAttempts: 1 }),
      services.variables.CONFIG_TABLE ?? '',
      (error) => uncounted.push(error),
    );
  /** Asks for single events until one is refused. */
  async function admittedOf(rates: readonly SourceRate[], sourceId: string, rate: number) {
    const source = { sourceId, eventsPerSecondMax: rate };
    const refused = new Set<SourceRate>();
    let count = 0;
    while (refused.size < rates.length) {
      for (const one of rates) {
        if (refused.has(one)) continue;
        const admission = await one.admit(source, 1);
        if (admission.kind === 'admitted') count += 1;
        else refused.add(one);
      }
    }
    return count;
  }

  it('is no limit where its document names none', async () => {
    services.faults.inject({ service: 'dynamodb', action: { kind: 'hang' } });
    expect(await newRate().admit({ sourceId: 'free' }, 1_000_000)).toEqual({ kind: 'admitted' });
  });

  it('holds for all processes together', async () => {
    const rates = [newRate(), newRate(), newRate()];
    // Three seconds of burst, and a quarter of one paid for at its end.
    const burst = await admittedOf(rates, 'shared', 100);
    expect(burst).toBeGreaterThanOrEqual(300);
    expect(burst).toBeLessThanOrEqual(325);
    let sustained = 0;
    for (let second = 0; second < 10; second += 1) {
      later(1_000);
      sustained += await admittedOf(rates, 'shared', 100);
    }
    expect(sustained).toBeGreaterThan(900);
    expect(sustained).toBeLessThanOrEqual(1_000);
  });

  it('costs a few requests a second, however many are sent', async () => {
    let requestCount = 0;
    services.observe('dynamodb', () => {
      requestCount += 1;
    });
    expect(await admittedOf([newRate()], 'cheap', 1_000)).toBeGreaterThan(3_000);
    expect(requestCount).toBeLessThan(20);
  });

  it('takes a batch above the limit and makes the source wait for it after', async () => {
    const rate = newRate();
    const source = { sourceId: 'bulky', eventsPerSecondMax: 10 };
    expect(await rate.admit(source, 100)).toEqual({ kind: 'admitted' });
    // 10 s are paid for, 3 s of them may lie ahead.
    expect(await rate.admit(source, 1)).toEqual({ kind: 'refused', retryAfterS: 7 });
    later(7_000);
    expect(await rate.admit(source, 1)).toEqual({ kind: 'admitted' });
  });

  it('turns nobody away that it could not count, and says so', async () => {
    failTable();
    const source = { sourceId: 'blind', eventsPerSecondMax: 1 };
    expect(await newRate().admit(source, 50)).toEqual({ kind: 'admitted' });
    expect(uncounted).toHaveLength(1);
  });
});
