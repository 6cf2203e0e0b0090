import { afterAll, describe, expect, it } from 'vitest';
import { encodeItems, fileEntries } from '../../core/training/artefact.ts';
import { fitModel, prepareFit } from '../../core/training/fit.ts';
import { ItemPositions } from '../../core/training/item-positions.ts';
import type { Model } from '../../core/training/model.ts';
import { decodeModel, encodeModel } from '../../core/training/model-file.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { checkerboard, DAY_S, plainParameters, START_S } from '../training/training-data.ts';

const data = checkerboard({ customers: 6, items: 8, days: 10, seed: 1 });
const threads = openTrainingThreads(1);
afterAll(() => threads.close());
const model: Model = await fitModel(
  threads,
  'm-1',
  prepareFit(data, START_S + 10 * DAY_S),
  plainParameters,
);

function readBack(written: Model): Model {
  const decoded = decodeModel(encodeModel(written));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.model;
}

/** `<source>→<target>` with its score, row by row. */
function pairsOf({ offsets, indices, scores }: Model['neighbours']): [string, number][] {
  return [...indices].map((target, at) => {
    const source = offsets.findLastIndex((offset) => offset <= at);
    return [`${source}→${target}`, scores[at] ?? 0];
  });
}

/** The order of the neighbours within a row is nobody's business. */
function comparable({ neighbours, ...rest }: Model) {
  return { ...rest, pairs: new Map(pairsOf(neighbours).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function withoutFacts({ facts: _, ...rest }: Model): Model {
  return rest;
}

/** As the release before wrote them. */
function filesOfVersion1({ id, asOfMs, parameters, items, neighbours, popular, trending }: Model) {
  const { offsets, indices, scores } = neighbours;
  const header = new Uint32Array([0x4d444e4b, 1, items.length, indices.length]);
  const columns = [header, offsets, indices, scores, popular, trending];
  const files = new Map<string, Uint8Array>([
    ['model.bin', Buffer.concat(columns.map(({ buffer }) => Buffer.from(buffer)))],
    ['items.jsonl', encodeItems(items)],
  ]);
  const manifest = {
    format: 'kindred-model',
    formatVersion: 1,
    ...{ id, asOfMs, parameters, itemCount: items.length, neighbourCount: indices.length },
    files: fileEntries(files),
  };
  return files.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
}

function damaged(name: string, change: (bytes: Uint8Array) => Uint8Array | undefined) {
  const files = new Map(encodeModel(model));
  const bytes = change(Uint8Array.from(files.get(name) ?? []));
  if (bytes === undefined) files.delete(name);
  else files.set(name, bytes);
  return decodeModel(files);
}

function withManifest(change: (manifest: Record<string, unknown>) => void) {
  return damaged('manifest.json', (bytes) => {
    const manifest = JSON.parse(Buffer.from(bytes).toString());
    change(manifest);
    return Buffer.from(JSON.stringify(manifest));
  });
}

describe('the files of a model', () => {
  it('read back as what was written, each score within a sixteenth of itself', () => {
    const { neighbours, ...read } = readBack(model);
    const { neighbours: written, ...rest } = model;
    const { popular, trending, ...exact } = rest;
    expect(read).toMatchObject(exact);
    for (const [index, each] of popular.entries()) {
      expect(Math.abs((read.popular[index] ?? 0) - each)).toBeLessThanOrEqual(each * 0.0003);
      expect(read.trending[index]).toBeCloseTo(trending[index] ?? 0, 2);
    }
    expect(neighbours.offsets).toEqual(written.offsets);
    const scores = new Map(pairsOf(neighbours));
    expect(scores.size).toBe(written.indices.length);
    for (const [pair, score] of pairsOf(written)) {
      expect(Math.abs((scores.get(pair) ?? 0) / score - 1)).toBeLessThan(0.06);
    }
  });

  it('lose nothing more when they are written again', () => {
    const once = readBack(model);
    expect(comparable(readBack(once))).toEqual(comparable(once));
  });

  it('of a model without facts of its items read back without', () => {
    const { facts: _, ...plain } = readBack(model);
    expect(comparable(readBack(plain))).toEqual(comparable(plain));
  });

  it('of the first format are still read', () => {
    expect(decodeModel(filesOfVersion1(model))).toEqual({ ok: true, model: withoutFacts(model) });
    const broken = {
      ...model,
      neighbours: { ...model.neighbours, indices: model.neighbours.indices.map(() => 99) },
    };
    expect(decodeModel(filesOfVersion1(broken))).toMatchObject({ ok: false });
  });

  it('are written with the manifest last', () => {
    const extras = new Map([['report.json', Buffer.from('{}')]]);
    expect([...encodeModel(model, extras).keys()].at(-1)).toBe('manifest.json');
  });

  it('of a model without items read back', () => {
    const empty: Model = {
      ...model,
      items: [],
      indexOf: ItemPositions.of([]),
      neighbours: {
        offsets: new Uint32Array(1),
        indices: new Uint32Array(0),
        scores: new Float32Array(0),
      },
      popular: new Float32Array(0),
      trending: new Float32Array(0),
      facts: {
        repurchaseDays: new Float32Array(0),
        newOnDay: new Float32Array(0),
        backOnDay: new Float32Array(0),
        reducedOnDay: new Float32Array(0),
      },
    };
    expect(decodeModel(encodeModel(withoutFacts(empty)))).toEqual({
      ok: true,
      model: withoutFacts(empty),
    });
  });

  it.each(['manifest.json', 'model.bin', 'items.jsonl.br'])('are refused without %s', (name) => {
    expect(damaged(name, () => undefined)).toEqual({ ok: false, reason: `${name} is missing` });
  });

  it.each(['model.bin', 'items.jsonl.br'])('are refused with one bit of %s flipped', (name) => {
    const decoded = damaged(name, (bytes) => {
      bytes[bytes.length >> 1]! ^= 1;
      return bytes;
    });
    expect(decoded).toEqual({ ok: false, reason: `${name} does not match its SHA-256` });
  });

  it('are refused when one is cut off', () => {
    const decoded = damaged('model.bin', (bytes) => bytes.subarray(0, -4));
    expect(decoded).toMatchObject({ ok: false, reason: expect.stringContaining('model.bin has') });
  });

  it('are refused when the manifest is no JSON', () => {
    const decoded = damaged('manifest.json', (bytes) => bytes.subarray(0, 20));
    expect(decoded).toEqual({ ok: false, reason: 'manifest.json is not JSON' });
  });

  it('are refused in a version that this release does not know, saying what to do', () => {
    const decoded = withManifest((manifest) => {
      manifest.formatVersion = 3;
    });
    expect(decoded).toMatchObject({ ok: false, reason: expect.stringContaining('version 3') });
    expect(decoded).toMatchObject({ reason: expect.stringContaining('train again') });
  });

  it('are refused with a parameter missing or a field too many', () => {
    const without = withManifest((manifest) => {
      manifest.parameters = {};
    });
    const added = withManifest((manifest) => {
      manifest.surprise = 1;
    });
    expect([without.ok, added.ok]).toEqual([false, false]);
  });

  it('are refused where they point outside of the items', () => {
    const broken: Model = {
      ...model,
      neighbours: { ...model.neighbours, indices: model.neighbours.indices.map(() => 99) },
    };
    expect(decodeModel(encodeModel(broken))).toMatchObject({ ok: false });
  });

  it('are refused with a score that is not a number', () => {
    const broken: Model = { ...model, popular: model.popular.map(() => Number.NaN) };
    expect(decodeModel(encodeModel(broken))).toMatchObject({ ok: false });
  });
});
