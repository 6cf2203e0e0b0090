import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { marshall } from '@aws-sdk/util-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Sha256 } from '../../../adapters/aws/sha256.ts';
import { partKey, putPart } from '../../../adapters/s3/curated-store.ts';
import type { CollectedEvent, Identity } from '../../../core/events/event.ts';
import { assign } from '../../../core/experiments/assign.ts';
import type { Experiment } from '../../../core/experiments/experiment.ts';
import { experimentResults } from '../../../core/experiments/results.ts';
import { eventColumns } from '../../../core/quality/curated-events.ts';
import { CuratedPart } from '../../../core/quality/curated-part.ts';
import { trackEvent } from '../../unit/event-maker.ts';
import { heroExperiment } from '../../unit/experiments/hero-experiment.ts';
import { eventually, startTestCloud, type TestCloud } from '../cloud.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

const DAY_MS = 86_400_000;
const CUSTOMERS = 400;
const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10);
const todayMs = Date.parse(dayOf(Date.now()));
const startMs = todayMs - 20 * DAY_MS;

let test: TestCloud;
let bucket: string;
beforeAll(async () => {
  test = await startTestCloud();
  bucket = test.cloud.connection.resources.LakeBucketName ?? '';
}, 300_000);
afterAll(() => test?.stop());

async function ask(method: 'GET' | 'PUT', path: string, body?: object): Promise<Response> {
  const { api, region } = test.cloud.connection;
  const url = new URL(`${api}/v1${path}`);
  const credentials = { accessKeyId: 'kindred', secretAccessKey: 'kindred' };
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { headers } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(text !== undefined && { 'content-type': 'application/json' }) },
    ...(text !== undefined && { body: text }),
  });
  const { host: _, ...sent } = headers;
  return fetch(url, { method, headers: sent, ...(text !== undefined && { body: text }) });
}

async function analyse(input: object) {
  const { sfn } = test.clients;
  const stateMachineArn = test.cloud.connection.resources.ExperimentsStateMachineArn ?? '';
  const started = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return eventually(
    'the end of the analysis',
    () => sfn.send(new DescribeExecutionCommand({ executionArn: started.executionArn })),
    ({ status }) => status !== 'RUNNING',
    90_000,
  );
}

/** The customers' days, in the lake as compaction leaves them. */
class Days {
  readonly #events = new Map<string, CollectedEvent[]>();
  #count = 0;

  add(identity: Identity, atMs: number, event: string, properties: Record<string, unknown>): void {
    const at = new Date(atMs).toISOString();
    this.#count += 1;
    const said = { messageId: `m${this.#count}`, identities: [identity], timestamp: at };
    const day = this.#events.get(dayOf(atMs)) ?? [];
    day.push(trackEvent(event, { ...said, receivedAt: at, properties }));
    this.#events.set(dayOf(atMs), day);
  }

  async put(): Promise<void> {
    for (const [day, events] of this.#events) {
      const part = new CuratedPart(eventColumns);
      for (const event of events) part.add(event);
      await putPart({ client: test.clients.s3, bucket }, partKey('events', day, 0), part.columns);
    }
  }
}

/** Mails of the ESP name customers by their address, orders by the shop's own id: one profile has both. */
async function link(customer: number): Promise<{ address: Identity; user: Identity }> {
  const address: Identity = { kind: 'email', key: `address-${customer}` };
  const user: Identity = { kind: 'userId', key: `user-${customer}` };
  for (const { kind, key } of [address, user]) {
    await test.clients.dynamoDb.send(
      new PutItemCommand({
        TableName: test.cloud.connection.resources.IdentitiesTableName ?? '',
        Item: marshall({ identity: `${kind}#${key}`, profileId: `u_user-${customer}` }),
      }),
    );
  }
  return { address, user };
}

/** Everybody gets a mail; a click leads to an order, in b more often than in a. */
async function runExperiment(one: Experiment): Promise<{ served: number; lost: number }> {
  const days = new Days();
  let [served, lost] = [0, 0];
  for (let customer = 0; customer < CUSTOMERS; customer += 1) {
    const { address, user } = await link(customer);
    const atMs = startMs + (customer % 5) * DAY_MS + 3_600_000;
    const context = { placementId: one.placement, nowMs: atMs };
    const found = assign([one], `u_user-${customer}`, context);
    if (found === undefined) continue;
    const block = {
      placement_id: one.placement,
      experiment_id: found.experiment,
      variation_id: found.variant,
      campaign_id: 'autumn',
    };
    served += 1;
    days.add(address, atMs, 'Block Served', block);
    if (customer % 20 === 0) {
      lost += 1;
      continue;
    }
    const mail = { campaign_id: 'autumn', email_id: `mail-${customer}` };
    days.add(address, atMs + 60_000, 'Email Delivered', mail);
    days.add(address, atMs + 61_000, 'Block Clicked', { ...block, machine_click: true });
    const isKeen = customer % (found.variant === 'b' ? 2 : 5) === 1;
    if (!isKeen) continue;
    days.add(address, atMs + 3_600_000, 'Block Clicked', block);
    const order = { order_id: `o-${customer}`, revenue: 20, currency: 'GBP' };
    days.add(user, atMs + 2 * 3_600_000, 'Order Completed', order);
  }
  await days.put();
  return { served, lost };
}

describe('experiments, every night', () => {
  const document = heroExperiment({
    startsAt: new Date(startMs).toISOString(),
    primaryOutcome: 'conversion',
  });

  it('are written and read through the operators’ API, and checked', async () => {
    const created = await ask('PUT', '/experiments/2026-11-hero', document);
    expect([created.status, await created.json()]).toEqual([200, { experiment: document }]);
    const wrong = await ask('PUT', '/experiments/2026-11-hero', { ...document, coverge: 1 });
    expect(wrong.status).toBe(400);
    expect(JSON.stringify(await wrong.json())).toContain('coverge');
    const draft = { ...document, experimentId: 'other', status: 'draft' };
    const nowhere = await ask('PUT', '/experiments/other', { ...draft, placement: 'nowhere' });
    expect([nowhere.status, await nowhere.json()]).toMatchObject([
      400,
      { issues: [{ path: 'placement' }] },
    ]);
    const [control, variant] = document.variants;
    const untold = { ...variant, overrides: { template: 'no-such' } };
    const unshown = await ask('PUT', '/experiments/other', {
      ...draft,
      variants: [control, untold],
    });
    expect([unshown.status, await unshown.json()]).toMatchObject([
      400,
      { issues: [{ path: 'variants.1.overrides.template' }] },
    ]);
    const both = await Promise.all(
      [0, 1].map(() => ask('PUT', '/experiments/twice', { ...draft, experimentId: 'twice' })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const elsewhere = await ask('PUT', '/experiments/other', document);
    expect(elsewhere.status).toBe(400);
    const older = await ask('PUT', '/experiments/2026-11-hero', document);
    expect(older.status).toBe(409);
    const redealt = { ...document, version: 2, seed: 'anew' };
    const refused = await ask('PUT', '/experiments/2026-11-hero', redealt);
    expect(refused.status).toBe(409);
    expect(JSON.stringify(await refused.json())).toContain('seed');
    const shown = await ask('GET', '/experiments/2026-11-hero');
    expect(await shown.json()).toEqual({ experiment: document, results: null });
    const listed = await ask('GET', '/experiments');
    expect(await listed.json()).toMatchObject({
      experiments: [document, { experimentId: 'twice' }],
      unusableIds: [],
    });
    expect((await ask('GET', '/experiments/unknown')).status).toBe(404);
    expect((await ask('GET', '/experiments/2026-11-hero/results')).status).toBe(404);
  });

  it('are analysed from the lake: delivered mails, whose orders came by another identity', async () => {
    const { served, lost } = await runExperiment(document);
    const ended = await analyse({});
    expect([ended.status, ended.cause]).toEqual(['SUCCEEDED', undefined]);
    const answer = await ask('GET', '/experiments/2026-11-hero/results');
    const results = experimentResults.parse(await answer.json());
    expect(results.asides).toEqual({ servedOnly: lost, mixed: 0, otherCurrencyOrders: 0 });
    const mails = results.exposures.reduce((sum, one) => sum + one.mails, 0);
    expect(mails).toBe(served - lost);
    expect(results.verdict).toBe('better');
    const conversion = results.outcomes.find(({ isPrimary }) => isPrimary);
    const [a, b] = conversion?.arms ?? [];
    expect(a?.value).toBeCloseTo(0.2, 1);
    expect(b?.value).toBeCloseTo(0.5, 1);
    const revenue = results.outcomes.find(
      ({ outcome, windowDays }) => outcome === 'revenue' && windowDays === 1,
    );
    expect(revenue?.arms[1]?.value).toBeCloseTo(20 * (b?.value ?? 0), 6);
  });

  it('have a page, and a line in the document’s answer', async () => {
    const page = await ask('GET', '/experiments/2026-11-hero/results?form=html');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('Experiment 2026-11-hero');
    const shown = await ask('GET', '/experiments/2026-11-hero');
    expect(await shown.json()).toMatchObject({ results: { verdict: 'better' } });
    const { Body } = await test.clients.s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: 'experiments/2026-11-hero/results.json' }),
    );
    expect(await Body?.transformToString()).not.toMatch(/address-|user-\d/);
  });

  it('that cannot be analysed are told, and stand in no other’s way', async () => {
    const ended = await analyse({ experiments: ['unknown', '2026-11-hero'] });
    expect([ended.status, ended.cause]).toEqual(['FAILED', 'unknown: ExperimentUnusable']);
    const again = await analyse({ experiments: ['2026-11-hero'], day: dayOf(todayMs - DAY_MS) });
    expect(again.status).toBe('SUCCEEDED');
  });

  it('that are stopped keep their results, and what they dealt is dealt no more', async () => {
    const stopped = {
      ...document,
      version: 2,
      status: 'stopped',
      endsAt: new Date(todayMs).toISOString(),
    };
    const written = await ask('PUT', '/experiments/2026-11-hero', stopped);
    expect(written.status).toBe(200);
    const running = await ask('PUT', '/experiments/2026-11-hero', { ...document, version: 3 });
    expect(running.status).toBe(409);
    const results = await ask('GET', '/experiments/2026-11-hero/results');
    expect(results.status).toBe(200);
  });
});
