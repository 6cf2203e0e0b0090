import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badInputs, PLANTED_EMAIL, PLANTED_NAME } from '../corpora/bad-input.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
});
afterAll(() => test?.stop());

async function quarantinedText(): Promise<string[]> {
  const Bucket = test.cloud.connection.resources.QuarantineBucketName;
  const { Contents = [] } = await test.clients.s3.send(new ListObjectsV2Command({ Bucket }));
  return Promise.all(
    Contents.map(async ({ Key }) => {
      const { Body } = await test.clients.s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    }),
  );
}

/** Lines of the quarantine: a call each, however many lie in an object. */
async function quarantinedCount(): Promise<number> {
  const texts = await quarantinedText();
  return texts.reduce((sum, text) => sum + text.trim().split('\n').length, 0);
}

describe('bad input over the wire', () => {
  it.each(badInputs)('$what', async ({ path, body, headers, status, says, quarantined }) => {
    const before = await quarantinedCount();
    const { collector, writeKey } = test.cloud.connection;
    const answer = await fetch(`${collector}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
        ...headers,
      },
      body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(body),
    });
    const text = await answer.text();
    expect({ status: answer.status, text }).toMatchObject({ status });
    if (says !== undefined) expect(text).toContain(says);
    expect(text).not.toContain(PLANTED_EMAIL);
    expect(text).not.toContain(PLANTED_NAME);
    expect((await quarantinedCount()) - before).toBe(quarantined);
  });

  it('leaves no raw address in quarantine', async () => {
    const texts = await quarantinedText();
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.filter((text) => text.includes(PLANTED_EMAIL))).toEqual([]);
  });

  it('leaves nothing personal in the log', () => {
    const lines = test.logLines();
    expect(lines.length).toBeGreaterThan(0);
    const telling = lines.filter((line) => line.includes('planted') || line.includes(PLANTED_NAME));
    expect(telling).toEqual([]);
  });
});
