import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceDocument } from '../../core/events/source.ts';
import { FileImport, sumOfOutcomes } from '../support/file-import.ts';

const root = join(import.meta.dirname, '..', '..');
const data = join(root, '..', 'shared', 'data');
const orders = join(data, 'online-retail', 'orders.csv.gz');
const demographics = join(data, 'complete-journey', 'demographics.csv.gz');
const isThere = existsSync(orders) && existsSync(demographics);
if (!isThere) console.log('skipped: ../shared/data is not there');

const exampleMapping = async (name: string) =>
  JSON.parse(await readFile(join(root, 'examples', name), 'utf8'));

let files: FileImport;
beforeAll(async () => {
  files = await FileImport.start();
});
afterAll(() => files.stop());

describe.skipIf(!isThere)('real files', () => {
  it('Online Retail has the figures of kindred import, and none but duplicates under another name', async () => {
    const content = await readFile(orders);
    await files.begin(await exampleMapping('online-retail.mapping.json'));
    files.stepRowsMax = 200_000;
    const manifest = await files.drop('orders.csv.gz', content);
    expect(files.steps).toBeGreaterThan(2);
    expect(manifest).toMatchObject({
      status: 'done',
      rows: 541_909,
      outcomes: {
        accepted: 404_876,
        duplicate: 0,
        quarantined: {},
        skipped: { 'no customer': 135_080, 'non-product code': 1_920, 'non-positive price': 33 },
      },
    });
    expect(files.records).toHaveLength(manifest.events.accepted);
    expect(new Set(files.events().map(({ messageId }) => messageId)).size).toBe(
      manifest.events.accepted,
    );
    const again = await files.drop('same-orders.csv.gz', content);
    expect(again.outcomes).toMatchObject({ accepted: 0, duplicate: 404_876 });
    expect(files.records).toHaveLength(manifest.events.accepted);
  }, 180_000);

  it('demographics from a third party come with their own provenance and lower priority', async () => {
    await files.begin(await exampleMapping('complete-journey-demographics.mapping.json'));
    files.sources.set('shop', sourceDocument.parse({ sourceId: 'shop', priority: 10 }));
    const manifest = await files.drop('demographics.csv.gz', await readFile(demographics));
    expect(manifest).toMatchObject({ rows: 801, outcomes: { accepted: 801, quarantined: {} } });
    expect(sumOfOutcomes(manifest)).toBe(801);
    expect(files.events()[0]).toMatchObject({
      type: 'identify',
      userId: '1',
      source: 'shop',
      sourcePriority: 10,
      traits: {
        age_band: '65+',
        income_from: 35_000,
        is_home_owner: true,
        household_size: 2,
        kids: 0,
      },
    });
    expect(files.events()[2]?.traits).not.toHaveProperty('is_home_owner');
  });
});

describe('a large file', () => {
  it('is split within a bounded heap and in less memory than it has bytes', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=128',
      join(root, 'bench', 'files', 'split-generated.ts'),
      '400',
      'plain',
    ]);
    const figures = JSON.parse(stdout);
    expect(figures.rows).toBe(Math.floor((400e6 - 55) / 94));
    expect(figures.peakMemoryMegabytes).toBeLessThan(350);
  }, 300_000);
});
