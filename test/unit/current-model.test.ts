import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Model } from '../../core/training/model.ts';
import type { DecodedModel } from '../../core/training/model-file.ts';
import { CurrentModel, type ModelSource } from '../../lambdas/api/current-model.ts';
import { smallModel } from './small-shop.ts';

const named = (id: string): Model => ({ ...smallModel(4), id });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A source whose pointer and models the test moves. */
class Published implements ModelSource {
  current: string | undefined;
  refused = new Set<string>();
  looks = 0;
  loads = 0;
  currentId = async (): Promise<string | undefined> => {
    this.looks += 1;
    return this.current;
  };
  load = async (id: string): Promise<DecodedModel> => {
    this.loads += 1;
    return this.refused.has(id) ? { ok: false, reason: 'damaged' } : { ok: true, model: named(id) };
  };
}

const FIRST_MS = 1_500;

describe('the model in memory', () => {
  it('is looked after only every so often, and never by the request itself', async () => {
    const source = new Published();
    source.current = 'one';
    const model = new CurrentModel(source, () => {}, FIRST_MS);
    expect((await model.get())?.id).toBe('one');
    source.current = 'two';
    for (let count = 0; count < 10; count += 1) expect((await model.get())?.id).toBe('one');
    expect(source.looks).toBe(1);
    await vi.advanceTimersByTimeAsync(15_001);
    expect((await model.get())?.id).toBe('one');
    await vi.advanceTimersByTimeAsync(1);
    expect((await model.get())?.id).toBe('two');
  });

  it('stays the last good one when the next is damaged, missing or out of reach', async () => {
    const source = new Published();
    source.current = 'one';
    const failures: string[] = [];
    const model = new CurrentModel(source, (reason) => failures.push(reason), FIRST_MS);
    await model.get();
    source.refused.add('two');
    source.current = 'two';
    for (let count = 0; count < 3; count += 1) {
      await vi.advanceTimersByTimeAsync(15_001);
      expect((await model.get())?.id).toBe('one');
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(failures).toEqual(['damaged']);
    expect(source.loads).toBe(2);
    source.current = 'one';
    await vi.advanceTimersByTimeAsync(15_001);
    expect((await model.get())?.id).toBe('one');
  });

  it('is the one before while a function that has just started finds the current one damaged', async () => {
    const source: Published & ModelSource = Object.assign(new Published(), {
      previousId: async () => 'one',
    });
    source.refused.add('two');
    source.current = 'two';
    const failures: string[] = [];
    const model = new CurrentModel(
      source,
      (reason, kind) => failures.push(`${kind}: ${reason}`),
      FIRST_MS,
    );
    expect((await model.get())?.id).toBe('one');
    expect(failures).toEqual(['model: damaged']);
    // Asked for again in its time, once it is mended.
    source.refused.clear();
    await vi.advanceTimersByTimeAsync(60_001);
    await model.get();
    await vi.advanceTimersByTimeAsync(1);
    expect((await model.get())?.id).toBe('two');
  });

  it('appears soon after the first one is published', async () => {
    const source = new Published();
    const model = new CurrentModel(source, () => {}, FIRST_MS);
    expect(await model.get()).toBeUndefined();
    source.current = 'one';
    await vi.advanceTimersByTimeAsync(251);
    expect((await model.get())?.id).toBe('one');
  });

  it('is not waited for beyond its budget, and is there once it has come', async () => {
    const source = new Published();
    source.current = 'one';
    let arrive = (_: DecodedModel) => {};
    source.load = () =>
      new Promise<DecodedModel>((resolve) => {
        arrive = resolve;
      });
    const model = new CurrentModel(source, () => {}, FIRST_MS);
    const first = model.get();
    await vi.advanceTimersByTimeAsync(1_501);
    expect(await first).toBeUndefined();
    const second = model.get();
    await vi.advanceTimersByTimeAsync(0);
    expect(await second).toBeUndefined();
    arrive({ ok: true, model: named('one') });
    await vi.advanceTimersByTimeAsync(1);
    expect((await model.get())?.id).toBe('one');
  });

  it('is given up on when the store hangs for good, and asked for again', async () => {
    const source = new Published();
    const failures: string[] = [];
    source.currentId = () => new Promise(() => {});
    const model = new CurrentModel(source, (reason) => failures.push(reason), FIRST_MS);
    const first = model.get();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await first).toBeUndefined();
    expect(failures).toEqual(['the model pointer could not be read (slow)']);
    source.currentId = async () => 'one';
    expect((await model.get())?.id).toBe('one');
  });

  it('is waited for by the first answers no longer than they are told to', async () => {
    const source = new Published();
    source.current = 'one';
    const load = source.load.bind(source);
    source.load = async (id) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return load(id);
    };
    const model = new CurrentModel(source, () => {}, 50);
    const first = model.get();
    await vi.advanceTimersByTimeAsync(399);
    expect(await first).toBeUndefined();
    expect(await model.get()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    expect((await model.get())?.id).toBe('one');
  });
});
