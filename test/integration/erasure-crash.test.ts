import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Context } from 'aws-lambda';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { erasureRecords, readCertificate } from '../../adapters/s3/search-store.ts';
import { isGenuine, signedCertificate } from '../../core/privacy/certificate.ts';
import type { SearchStep } from '../../core/privacy/search.ts';
import { resumeErasureRoute } from '../../lambdas/api/operator-erasures.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import {
  type SecretsManagerEngine,
  startSecretsManagerEngine,
} from '../../local/engines/secrets-manager.ts';
import { seededRandom } from '../property/simulated-stream.ts';
import { SIMULATION_SEED } from '../property/simulation-runs.ts';
import {
  BERTS_CLAIM,
  ErasableCustomer,
  erasureStores,
  nameOf,
  SECRET,
  traces,
} from '../support/erasable-customer.ts';

/**
 * The functions of the erasure's workflow over the local engines, each in a process that dies after one of its
 * requests has taken effect and before anything more. The workflow is the deployed one in what counts: its order,
 * and how often it tries a step again.
 */
/** What only reads leaves nothing behind to die after. */
const CHANGES = /^(Put|Delete|Update|Transact)/u;

interface Process {
  readonly diesAfter: () => boolean;
  isDead: boolean;
}
const processes = new AsyncLocalStorage<Process>();

vi.mock('../../adapters/s3/patient-client.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../adapters/s3/patient-client.ts')>();
  const createPatientS3 = () => {
    const client = original.createPatientS3();
    client.middlewareStack.add(
      (next, context) => (args) => asOneStep(context.commandName ?? '', () => next(args)),
      { step: 'initialize' },
    );
    return client;
  };
  return { createPatientS3 };
});

vi.mock('../../adapters/dynamodb/client.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../adapters/dynamodb/client.ts')>();
  const createDynamoDbClient: typeof original.createDynamoDbClient = (options) => {
    const client = original.createDynamoDbClient(options);
    client.middlewareStack.add(
      (next, context) => (args) => asOneStep(context.commandName ?? '', () => next(args)),
      { step: 'initialize' },
    );
    return client;
  };
  return { ...original, createDynamoDbClient };
});

async function asOneStep<T>(command: string, request: () => Promise<T>): Promise<T> {
  const running = processes.getStore();
  const gone = () => new Error('the process is gone');
  if (running?.isDead === true) throw gone();
  const answer = await request();
  if (running === undefined) return answer;
  if (CHANGES.test(command) && running.diesAfter()) running.isDead = true;
  if (running.isDead) throw gone();
  return answer;
}

type Handler = (input: unknown, context: Context) => Promise<SearchStep>;
let folder: string;
let engines: { dynamoDb: DynamoDbEngine; s3: S3Engine; secrets: SecretsManagerEngine };
let customer: ErasableCustomer;
let dynamoDb: DynamoDBClient;
let s3: S3Client;
let handlers: Record<'begin' | 'unit' | 'end', Handler>;
let attemptsMax = 0;

const machine = z.object({
  States: z.object({
    Begin: z.object({ Retry: z.tuple([z.object({ MaxAttempts: z.number() })]) }),
  }),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-erasure-crash-'));
  const [dynamo, s3Engine, secrets] = await Promise.all([
    startDynamoDbEngine(),
    startS3Engine({ directory: folder }),
    startSecretsManagerEngine(),
  ]);
  engines = { dynamoDb: dynamo, s3: s3Engine, secrets };
  const settings = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_S3: s3Engine.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    IDENTITY_SECRET_ID: secrets.create('identity', SECRET),
    CERTIFICATE_SECRET_ID: secrets.create('certificate', SECRET),
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    ...Object.fromEntries(erasureStores.map((name) => [name, nameOf(name)])),
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  dynamoDb = new DynamoDBClient({});
  s3 = new S3Client({ forcePathStyle: true });
  customer = new ErasableCustomer(dynamoDb, s3);
  await customer.createStores();
  handlers = {
    begin: (await import('../../lambdas/privacy/erase-begin.ts')).handler,
    unit: (await import('../../lambdas/privacy/erase-unit.ts')).handler,
    end: (await import('../../lambdas/privacy/erase-end.ts')).handler,
  };
  const asl = await readFile(
    join(import.meta.dirname, '..', '..', 'statemachines', 'erase.asl.json'),
    'utf8',
  );
  attemptsMax = 1 + machine.parse(JSON.parse(asl)).States.Begin.Retry[0].MaxAttempts;
});
afterAll(async () => {
  dynamoDb.destroy();
  s3.destroy();
  await Promise.all(Object.values(engines).map((engine) => engine.stop()));
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
  process.stdout.write(`KINDRED_SIMULATION_SEED=${SIMULATION_SEED}\n`);
});

const context = { getRemainingTimeInMillis: () => 900_000 } as Context;

/** The workflow: each step again and again until its attempts are used up, as the machine says. */
async function runWorkflow(erasureId: string, diesAfter: () => boolean): Promise<void> {
  const step = async (handler: Handler, input: object): Promise<SearchStep> => {
    for (let attempt = 1; ; attempt += 1) {
      const running = { diesAfter, isDead: false };
      try {
        return await processes.run(running, () => handler(input, context));
      } catch (error) {
        if (attempt === attemptsMax) throw error;
      }
    }
  };
  let state = await step(handlers.begin, { searchId: erasureId });
  while (!state.isDone) {
    const { searchId, pass, unitCount } = await step(handlers.unit, { ...state, step: 'plan' });
    for (let unit = 0; unit < unitCount; unit += 1) {
      let done = await step(handlers.unit, { step: 'unit', searchId, pass, unit });
      while (!done.isDone) done = await step(handlers.unit, done);
    }
    state = await step(handlers.end, { searchId, pass, unitCount });
  }
}

/** What is left of everything, and the certificate without what is of one run alone. */
async function outcomeOf(erasureId: string) {
  const store = { client: s3, bucket: nameOf('PRIVACY_BUCKET') };
  const all = await customer.allObjects();
  const certificates = all.filter(({ key }) => key.startsWith('certificates/'));
  expect(certificates).toHaveLength(1);
  expect(all.filter(({ key }) => /^(work|exports)\//u.test(key))).toEqual([]);
  const texts = all.filter(({ key }) => !key.startsWith('erasures/'));
  const decoded = texts.map(({ key, text }) => key + text);
  for (const trace of traces) expect(decoded.filter((each) => each.includes(trace))).toEqual([]);
  const identities = (await customer.items('IDENTITIES_TABLE')).map((item) => unmarshall(item));
  expect(identities.filter(({ erased }) => erased?.erasureId === erasureId)).toHaveLength(3);
  const rest = await Promise.all(
    ['PROFILES_TABLE', 'DEDUPE_TABLE', 'INSPECTOR_TABLE'].map((table) => customer.items(table)),
  );
  const stored = await erasureRecords(store).read(erasureId);
  expect(stored?.value).toMatchObject({ status: 'done', isMarked: true });
  const signed = signedCertificate.parse(
    await readCertificate(store, stored?.value.certificateKey ?? ''),
  );
  expect(isGenuine(signed, SECRET)).toBe(true);
  const { identities: certified, counts } = signed.certificate;
  return {
    counts,
    certified,
    profiles: rest[0]?.map((item) => item.profileId?.S).sort(),
    claims: rest[1]?.map((item) => item.key?.S),
    inspector: rest[2]?.map((item) => JSON.parse(item.page?.S ?? '').facts),
    files: texts.map(({ key }) => key).filter((key) => !key.startsWith('certificates/')),
  };
}

describe('an erasure whose steps die', () => {
  it('after any one of their changes ends as one that nothing befell: nothing is left, and the certificate says all', async () => {
    let changeCount = 0;
    const calm = await customer.fill();
    await runWorkflow(calm, () => {
      changeCount += 1;
      return false;
    });
    const expected = await outcomeOf(calm);
    expect(expected).toMatchObject({
      counts: {
        profiles: { deleted: 2 },
        identities: { rewritten: 3 },
        raw: { records: 4, deleted: 1, rewritten: 2 },
        curated: { records: 6, rewritten: 2 },
        'order claims': { deleted: 1 },
        poison: { deleted: 1 },
        'abandoned batches': { rewritten: 1 },
        exports: { deleted: 1 },
        inspector: { scanned: 1, rewritten: 1, records: 1 },
      },
      claims: [BERTS_CLAIM],
    });
    for (let fatal = 1; fatal <= changeCount; fatal += 1) {
      const erasureId = await customer.fill();
      let count = 0;
      await runWorkflow(erasureId, () => {
        count += 1;
        return count === fatal;
      });
      expect(count, 'the step was repeated').toBeGreaterThanOrEqual(changeCount);
      const { counts, ...left } = await outcomeOf(erasureId);
      const { counts: countsExpected, ...leftExpected } = expected;
      expect(left).toEqual(leftExpected);
      expect(changesIn(counts), `after change ${fatal}`).toEqual(changesIn(countsExpected));
    }
  }, 300_000);

  it('again and again is failed by its workflow, and an operator’s second run ends it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = seededRandom(seed);
        const erasureId = await customer.fill();
        let strikes = 60;
        const diesAfter = () => {
          strikes -= 1;
          return strikes > 0 && random() < 0.7;
        };
        for (;;) {
          try {
            await runWorkflow(erasureId, diesAfter);
            break;
          } catch {
            await handlers.end({ searchId: erasureId, error: { Error: 'Error' } }, context);
            await resume(erasureId);
          }
        }
        const { counts } = await outcomeOf(erasureId);
        expect(counts).toMatchObject({
          profiles: { deleted: 2 },
          raw: { records: 4, deleted: 1, rewritten: 2 },
          curated: { records: 6, rewritten: 2 },
          'order claims': { deleted: 1 },
          exports: { deleted: 1 },
        });
      }),
      { numRuns: 10, seed: SIMULATION_SEED, endOnFailure: true },
    );
  }, 120_000);
});

/** How often unchanged objects were looked at depends on how many passes there were. */
function changesIn(counts: Record<string, { scanned: number }>) {
  return Object.fromEntries(
    Object.entries(counts)
      .map(([area, { scanned: _, ...changes }]) => [area, changes] as const)
      .filter(([, changes]) => Object.values(changes).some((count) => Number(count) > 0)),
  );
}

async function resume(erasureId: string): Promise<void> {
  const sfn = Object.assign(new SFNClient({}), { send: async () => ({ executionArn: 'again' }) });
  const request = { path: { erasureId }, query: {}, body: undefined, principal: 'operator' };
  const setting = (name: string) => process.env[name] ?? name;
  await resumeErasureRoute.handle(request, { dynamoDb, s3, sfn, setting, nowMs: Date.now });
}
