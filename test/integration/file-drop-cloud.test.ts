import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { mappingDocuments } from '../../adapters/dynamodb/mapping-documents.ts';
import { writeConnection } from '../../cli/connection.ts';
import { followImport } from '../../cli/drop/follow-import.ts';
import { uploadFile } from '../../cli/drop/upload-file.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { fileDropDocument, mappingConfig } from '../../core/mapping/file-drop.ts';
import { until } from '../contract/until.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
let test: TestCloud;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-file-drop-'));
  test = await startTestCloud();
  const table = test.cloud.connection.resources.ConfigTableName ?? '';
  const { dynamoDb } = test.clients;
  const mapping = await readFile(
    join(root, 'examples', 'complete-journey-demographics.mapping.json'),
    'utf8',
  );
  await mappingDocuments(dynamoDb, table).put(mappingConfig.parse(JSON.parse(mapping)));
  await configDocuments(dynamoDb, table, 'source', sourceDocument).put(
    'bought-in',
    sourceDocument.parse({ sourceId: 'bought-in', priority: 20 }),
  );
  await configDocuments(dynamoDb, table, 'fileDrop', fileDropDocument).put('bought-in', {
    mappingId: 'complete-journey-demographics',
  });
}, 120_000);
afterAll(async () => {
  await test.stop();
  await rm(folder, { recursive: true, force: true });
});

const HEADER =
  'household_id,age,income,home_ownership,marital_status,household_size,household_comp,kids_count\n';
const CSV = `${HEADER}h1,65+,35-49K,Homeowner,Married,2,2 Adults No Kids,0
h2,45-54,50-74K,,Unmarried,1,1 Adult No Kids,0
h3,45-54,a lot,,Unmarried,1,1 Adult No Kids,0
`;

async function drop(name: string, content: Buffer | string, source = 'bought-in') {
  const file = join(folder, name);
  await writeFile(file, content);
  const bucket = test.cloud.connection.resources.DropBucketName ?? '';
  const store = { client: test.clients.s3, bucket };
  const dropped = await uploadFile(store, { file, source }, () => undefined);
  return followImport(store, dropped, () => undefined, 100);
}

/** The command as a person gives it. */
async function kindredDrop(name: string, content: string) {
  const [file, connection] = [join(folder, name), join(folder, 'connection.json')];
  await writeFile(file, content);
  await writeConnection(test.cloud.connection, connection);
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, 'cli', 'kindred.ts'),
    ...['drop', file, '--source', 'bought-in', '--connection', connection, '--json'],
  ]);
  return JSON.parse(stdout);
}

describe('a file dropped on the cloud', () => {
  it('becomes traits of profiles, with its source and priority, and its manifest adds up', async () => {
    const manifest = await drop('people.csv.gz', gzipSync(CSV));
    expect(manifest).toMatchObject({
      status: 'done',
      rows: 3,
      outcomes: { accepted: 2, duplicate: 0, quarantined: { 'incomeFrom: not in its table': 1 } },
      rejects: ['rejects/bought-in/people.csv.gz.rejects-00001.csv'],
    });
    const profile = await until(() => test.profileOf('h1'));
    expect(JSON.stringify(profile)).toContain('"income_from"');
    expect(JSON.stringify(profile)).toContain('"bought-in"');
  }, 60_000);

  it('comes again without effect', async () => {
    const again = await drop('people.csv.gz', gzipSync(CSV));
    expect(again.droppedAgainAt).toBeDefined();
    const renamed = await drop('same-people.csv', CSV);
    expect(renamed).toMatchObject({ outcomes: { accepted: 0, duplicate: 2 } });
  }, 60_000);

  it('is dropped, followed and told of by the command line', async () => {
    const manifest = await kindredDrop(
      'more-people.csv',
      `${CSV}h4,65+,250K+,Renter,Married,2,,0\n`,
    );
    expect(manifest).toMatchObject({ rows: 4, outcomes: { accepted: 1, duplicate: 2 } });
  }, 60_000);

  it('gets there although the stream fails for a while', async () => {
    const { faults } = test.cloud;
    const refused = faults.inject({
      service: 'kinesis',
      operation: 'PutRecords',
      action: { kind: 'error' },
      times: 12,
    });
    const manifest = await drop('late.csv', `${HEADER}h9,65+,250K+,Renter,Married,2,,0\n`);
    expect(manifest).toMatchObject({ status: 'done', outcomes: { accepted: 1 } });
    refused.lift();
    expect(await until(() => test.profileOf('h9'))).toBeDefined();
  }, 120_000);

  it('that is cut off sends nothing, and says so beside itself', async () => {
    const whole = gzipSync(CSV.replaceAll('\nh', '\ng'));
    const manifest = await drop('cut-off.csv.gz', whole.subarray(0, whole.length - 20));
    expect(manifest).toMatchObject({
      status: 'failed',
      problem: expect.stringContaining('is truncated'),
      rows: 0,
    });
    expect(test.logLines().join('\n')).not.toContain('45-54');
  }, 60_000);

  it('of a source that expects none is told what is missing', async () => {
    const manifest = await drop('people.csv', CSV, 'nobody');
    expect(manifest).toMatchObject({
      status: 'failed',
      problem: expect.stringContaining('kindred config put fileDrop nobody'),
    });
  }, 60_000);
});
