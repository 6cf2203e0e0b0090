import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { PULL_STATE_KIND } from '../../adapters/dynamodb/pull-states.ts';
import { writeConnection } from '../../cli/connection.ts';
import { pullState } from '../../core/events/pull-state.ts';
import { type FaultySource, startFaultySource } from '../support/faulty-source-server.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const TOKEN = 'a-token-of-the-crm';

let test: TestCloud;
let source: FaultySource;
let folder: string;
/** The fences of the guide by their language, in order. */
let fences: { language: string; text: string }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-pull-'));
  source = await startFaultySource();
  Object.assign(source, { paging: 'link', authorization: `Bearer ${TOKEN}` });
  test = await startTestCloud();
  await writeConnection(test.cloud.connection, join(folder, '.kindred', 'connection.json'));
  const guide = await readFile(join(root, 'docs', 'how-to', 'pull-sources.md'), 'utf8');
  fences = [...guide.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```/gm)].map(
    ([, , language = '', text = '']) => ({ language, text }),
  );
  await putSecret({
    crm: { token: TOKEN },
    demographics: { token: TOKEN },
    inside: { token: TOKEN },
  });
}, 120_000);
afterAll(async () => {
  await test?.stop();
  await source?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => test.cloud.faults.liftAll());

async function putSecret(content: object): Promise<void> {
  const { connection } = test.cloud;
  const secrets = new SecretsManagerClient({
    region: connection.region,
    endpoint: connection.aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: connection.resources.SourceSecretsArn ?? '',
      SecretString: JSON.stringify(content),
    }),
  );
  secrets.destroy();
}

/** Runs the command in a folder with a connection file, as a person would. */
async function kindred(...args: string[]) {
  try {
    const command = [join(root, 'cli', 'kindred.ts'), ...args];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, {
      cwd: folder,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

const documentsOf = (language: string) =>
  fences.filter((fence) => fence.language === language).map(({ text }) => text);

/** The guide's own pull document, over the server of the test. */
function pullOf(changes: object = { allowPrivateAddresses: true }): object {
  const document = JSON.parse(documentsOf('json')[1] ?? '');
  document.connector.url = source.url;
  return { ...document, pageRecordsMax: 2, ...changes };
}

async function put(kind: string, name: string, document: object, ...id: string[]): Promise<void> {
  await writeFile(join(folder, name), JSON.stringify(document));
  const { code, stderr } = await kindred('config', 'put', kind, ...id, name);
  expect(stderr, stderr).not.toMatch(/Error|error/);
  expect(code).toBe(0);
}

async function runOver(sourceId: string) {
  const { code, stdout, stderr } = await kindred('pull', 'run', sourceId, '--json');
  expect(code, stderr).toBe(0);
  const reports: { sourceId: string; outcome: string; reason?: string; recordCount: number }[] =
    JSON.parse(stdout);
  return reports.find((report) => report.sourceId === sourceId);
}

const hour = (number: number) => `2026-11-20T${String(number).padStart(2, '0')}:00:00.000Z`;
const person = (id: string, city: string, changedAtHour: number) => ({
  id,
  email: `${id}@shop.example`,
  city,
  updated_at: hour(changedAtHour),
});
const cityOf = (userId: string) => async () => (await test.profileOf(userId))?.traits.city;

describe('a source that Kindred reads', () => {
  it('becomes traits by the commands of the guide, then only what has changed', async () => {
    source.records = ['anna', 'ben', 'cleo', 'dora', 'emil'].map((id, n) => person(id, 'Leeds', n));
    await writeFile(join(folder, 'crm.json'), documentsOf('json')[0] ?? '');
    await writeFile(join(folder, 'crm-pull.json'), JSON.stringify(pullOf()));
    const [setUp = '', again = ''] = documentsOf('sh');
    const printed: string[] = [];
    for (const line of setUp.trim().split('\n')) {
      const { code, stdout, stderr } = await kindred(...line.trim().split(' ').slice(2));
      expect(code, `${line}: ${stderr}`).toBe(0);
      printed.push(stdout);
    }
    expect(printed[2]).toMatch(/crm +finished, 5 records/);
    expect(printed[3]).toMatch(/crm +rest +idle +5 records, finished 20/);
    const leeds = (city: Awaited<ReturnType<ReturnType<typeof cityOf>>>) => city?.value === 'Leeds';
    const city = await eventually('the trait', cityOf('emil'), leeds);
    expect(city).toMatchObject({ source: 'crm', priority: 80, timeMs: Date.parse(hour(4)) });

    source.records[0] = person('anna', 'York', 9);
    source.asked.length = 0;
    expect(await runOver('crm')).toMatchObject({ outcome: 'finished', recordCount: 2 });
    expect(source.asked[0]?.url.searchParams.get('since')).toBe('2026-11-20T03:55:00.000Z');
    await eventually('the change', cityOf('anna'), (found) => found?.value === 'York');
    expect((await test.profileOf('emil'))?.eventCount).toBe(1);

    expect(again).toContain('kindred pull reset crm');
    await kindred('pull', 'reset', 'crm');
    expect(await runOver('crm')).toMatchObject({ outcome: 'finished', recordCount: 5 });
  });

  it('goes on where it stood after its events could not be stored', async () => {
    source.records = ['fay', 'gus', 'hal', 'ida', 'jim', 'kay'].map((id, n) =>
      person(id, 'Bath', 10 + n),
    );
    test.cloud.faults.inject({
      service: 'kinesis',
      operation: 'PutRecords',
      action: { kind: 'error' },
    });
    const failed = await runOver('crm');
    expect(failed).toMatchObject({ outcome: 'failed', recordCount: 0 });
    test.cloud.faults.liftAll();
    expect(await runOver('crm')).toMatchObject({ outcome: 'finished' });
    for (const id of ['fay', 'kay']) {
      await eventually(`${id}`, cityOf(id), (found) => found?.value === 'Bath');
    }
  });

  it('is read by one run at a time, and its state moves forward only', async () => {
    source.records = Array.from({ length: 20 }, (_, n) => person(`twin-${n}`, 'Hull', 17));
    await kindred('pull', 'reset', 'crm');
    const runs = await Promise.all([1, 2, 3].map(() => kindred('pull', 'run', '--json')));
    const outcomes = runs
      .flatMap(({ stdout }) => JSON.parse(stdout) as { sourceId: string; outcome: string }[])
      .map(({ sourceId, outcome }) => `${sourceId} ${outcome}`);
    expect(outcomes.filter((outcome) => outcome === 'crm finished')).toHaveLength(1);
    expect(outcomes.join()).not.toMatch(/failed|lost/);
    await eventually('the last', cityOf('twin-19'), (found) => found?.value === 'Hull');
    expect((await test.profileOf('twin-0'))?.eventCount).toBe(1);
    const table = test.cloud.connection.resources.ConfigTableName ?? '';
    const states = configDocuments(test.clients.dynamoDb, table, PULL_STATE_KIND, pullState);
    expect(await states.get('crm')).toMatchObject({
      failureCount: 0,
      cursor: { watermarkMs: Date.parse(hour(17)), page: null },
    });
  });

  it('fills gaps with bought-in data, and overrules nothing that the customer said', async () => {
    await test.send('/v1/identify', {
      userId: 'lea',
      messageId: 'lea-says',
      timestamp: hour(1),
      traits: { city: 'Oxford' },
    });
    await eventually('her own word', cityOf('lea'), (found) => found?.value === 'Oxford');
    source.records = [person('lea', 'London', 20)];
    const document = pullOf() as { connector: { mapping: { fields: object[] } } };
    document.connector.mapping.fields.push({ value: '45-54', to: 'traits.age_band' });
    await put('source', 'demographics.json', { sourceId: 'demographics', priority: 20 });
    await put('pull', 'demographics-pull.json', document, 'demographics');
    expect(await runOver('demographics')).toMatchObject({ outcome: 'finished', recordCount: 1 });
    const traits = await eventually(
      'the bought-in trait',
      async () => (await test.profileOf('lea'))?.traits,
      (found) => found?.age_band !== undefined,
    );
    expect(traits).toMatchObject({
      age_band: { value: '45-54', source: 'demographics', priority: 20 },
      city: { value: 'Oxford' },
    });
  });

  it('is refused with its remedy where its address is private, and backs off', async () => {
    source.asked.length = 0;
    await put('pull', 'inside-pull.json', pullOf({}), 'inside');
    const report = await runOver('inside');
    expect(report).toMatchObject({ outcome: 'failed' });
    expect(report?.reason).toMatch(/allowPrivateAddresses|https/);
    expect(source.asked).toEqual([]);
    const { stdout } = await kindred('pull', 'status');
    expect(stdout).toMatch(/inside +rest +failing .*Again at 20/);
    const [status] = JSON.parse((await kindred('pull', 'status', '--json')).stdout).filter(
      (row: { sourceId: string }) => row.sourceId === 'inside',
    );
    expect(status).toMatchObject({ state: 'failing', failure: report?.reason });
  });

  it('puts records of the wrong form into quarantine and goes on', async () => {
    source.faults.push({
      kind: 'body',
      body: { people: [{ city: 'Nowhere' }, person('mia', 'Kent', 21)] },
    });
    source.records = [];
    expect(await runOver('crm')).toMatchObject({ outcome: 'finished', recordCount: 2 });
    await eventually('the good one', cityOf('mia'), (found) => found?.value === 'Kent');
    expect(test.logLines().join('\n')).not.toMatch(/@shop\.example|a-token-of-the-crm/);
  });
});

describe('kindred pull', () => {
  it('teaches by its help', async () => {
    const { stdout } = await kindred('pull', '--help');
    expect(stdout).toMatch(/kindred pull status[\s\S]*kindred pull run[\s\S]*kindred pull reset/);
  });

  it('says what to do about a source that there is not', async () => {
    const { code, stderr } = await kindred('pull', 'run', 'nobody');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/no pull "nobody"[\s\S]*kindred pull status/);
  });

  it('says what to do without a connection', async () => {
    const { code, stderr } = await kindred('pull', 'run', '--connection', 'nowhere.json');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/nowhere\.json|npm start/);
  });
});
