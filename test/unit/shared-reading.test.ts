import { describe, expect, it } from 'vitest';
import { sharedReading } from '../../adapters/dynamodb/shared-reading.ts';

const FRESH_MS = 60_000;

function readingOf() {
  const clock = { nowMs: 0 };
  const source = { value: 'first', isBroken: false, readCount: 0 };
  const load = async () => {
    source.readCount += 1;
    if (source.isBroken) throw new Error('the table is out of reach');
    return source.value;
  };
  return { read: sharedReading(load, FRESH_MS, () => clock.nowMs), clock, source };
}

describe('a shared reading', () => {
  it('is made once for all who ask within its time, and anew after it', async () => {
    const { read, clock, source } = readingOf();
    expect(await Promise.all([read(), read(), read()])).toEqual(['first', 'first', 'first']);
    source.value = 'second';
    clock.nowMs = FRESH_MS - 1;
    expect([await read(), source.readCount]).toEqual(['first', 1]);
    clock.nowMs = FRESH_MS;
    expect([await read(), source.readCount]).toEqual(['second', 2]);
  });

  it('goes on while it cannot be made, and is tried again after its time, not with every request', async () => {
    const { read, clock, source } = readingOf();
    await read();
    source.isBroken = true;
    clock.nowMs = FRESH_MS;
    expect(await Promise.all([read(), read()])).toEqual(['first', 'first']);
    expect([await read(), source.readCount]).toEqual(['first', 2]);
    Object.assign(source, { value: 'second', isBroken: false });
    clock.nowMs = 2 * FRESH_MS;
    expect(await read()).toBe('second');
  });

  it('fails as long as it never could be made', async () => {
    const { read, source } = readingOf();
    source.isBroken = true;
    await expect(read()).rejects.toThrow('out of reach');
    source.isBroken = false;
    expect(await read()).toBe('first');
  });
});
