import { once } from 'node:events';
import { Readable } from 'node:stream';
import { crc32, deflateRawSync } from 'node:zlib';
import { streams, Type } from 'avsc';
import { describe, expect, it } from 'vitest';
import { sourceDocument } from '../../../core/events/source.ts';
import { currentsPlaceOf, takeCurrentsFile } from '../../../lambdas/ingest/currents-file.ts';
import { memoryWebhooks } from '../../support/webhooks.ts';

const text = ['null', 'string'] as const;

/**
 * The fields of an email open as Braze documents them for files, at
 * https://www.braze.com/docs/user_guide/data/distribution/braze_currents/event_glossary/message_engagement_events
 */
const schema = Type.forSchema({
  type: 'record',
  name: 'EmailOpen',
  namespace: 'com.braze.currents',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'user_id', type: 'string' },
    { name: 'external_user_id', type: [...text] },
    { name: 'time', type: 'int' },
    { name: 'timezone', type: [...text] },
    { name: 'campaign_id', type: [...text] },
    { name: 'campaign_name', type: [...text] },
    { name: 'canvas_id', type: [...text] },
    { name: 'dispatch_id', type: [...text] },
    { name: 'email_address', type: 'string' },
    { name: 'user_agent', type: [...text] },
    { name: 'machine_open', type: [...text] },
  ],
});

const KEY =
  'currents/braze-shop/dataexport.prod-01.S3.integration.5a/event_type=users.messages.email.Open/date=2026-11-05-16/437/prod-01/dataexport.prod-01.S3.5a.avro';

const open = (index: number, more: Record<string, unknown> = {}) => ({
  id: `open-${index}`,
  user_id: `b${index}`,
  external_user_id: `customer-${index}`,
  time: 1_762_360_434 + index,
  timezone: null,
  campaign_id: 'c1',
  campaign_name: 'Spring',
  canvas_id: null,
  dispatch_id: 'd1',
  email_address: `anna${index}@example.com`,
  user_agent: 'Thunderbird',
  machine_open: null,
  ...more,
});

/** A snappy block of literals alone, as the format allows; avsc brings no writer of its own. */
function snappied(data: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from(varint(data.length))];
  for (let at = 0; at < data.length; at += 60) {
    const literal = data.subarray(at, at + 60);
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal);
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data));
  return Buffer.concat([...parts, checksum]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

async function fileOf(records: readonly object[], codec = 'deflate'): Promise<Buffer> {
  const encoder = new streams.BlockEncoder(schema, {
    codec,
    blockSize: 4096,
    codecs: {
      null: (data: Buffer, done: (error: null, data: Buffer) => void) => done(null, data),
      deflate: (data: Buffer, done: (error: null, data: Buffer) => void) =>
        done(null, deflateRawSync(data)),
      snappy: (data: Buffer, done: (error: null, data: Buffer) => void) =>
        done(null, snappied(data)),
    },
  });
  const chunks: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const record of records) encoder.write(record);
  encoder.end();
  await once(encoder, 'end');
  return Buffer.concat(chunks);
}

const webhooksOf = (overrides = {}) => memoryWebhooks({ document: { esp: 'braze' }, overrides });
const place = currentsPlaceOf(KEY);

function take(file: Buffer | Readable, webhooks = webhooksOf(), key = place) {
  if (key === undefined) throw new Error('no file of Currents');
  const body = file instanceof Readable ? file : Readable.from([file]);
  return takeCurrentsFile(body, key, sourceDocument.parse({ sourceId: key.sourceId }), webhooks);
}

describe('a file of Currents', () => {
  it('is known by its key', () => {
    expect(place).toEqual({ sourceId: 'braze-shop', eventType: 'users.messages.email.Open' });
    for (const other of [
      'currents/braze-shop/readme.txt',
      'currents/event_type=users.messages.email.Open/date=1/x.avro',
      'currents/Shop/event_type=users.messages.email.Open/x.avro',
      'imports/braze-shop/event_type=users.messages.email.Open/date=1/x.avro',
    ]) {
      expect(currentsPlaceOf(other)).toBeUndefined();
    }
  });

  it.each(['null', 'deflate', 'snappy'])('compressed by %s becomes our events', async (codec) => {
    const webhooks = webhooksOf();
    const records = [open(1), open(2, { machine_open: 'true', external_user_id: null })];
    expect(await take(await fileOf(records, codec), webhooks)).toBe(2);
    expect(webhooks.events()).toMatchObject([
      {
        event: 'Email Opened',
        messageId: 'braze-open-1',
        source: 'braze-shop',
        userId: 'customer-1',
        timestamp: new Date(1_762_360_435_000).toISOString(),
        properties: { campaign_id: 'c1', campaign_name: 'Spring', email_id: 'd1' },
      },
      { identities: [{ kind: 'email' }], properties: { machine_open: true } },
    ]);
    expect(webhooks.records.map(({ data }) => data).join('')).not.toContain('@example.com');
  });

  it('that comes again gives the same message ids', async () => {
    const webhooks = webhooksOf();
    const file = await fileOf([open(1), open(2)]);
    await take(file, webhooks);
    await take(file, webhooks);
    expect(new Set(webhooks.events().map(({ messageId }) => messageId)).size).toBe(2);
  });

  it('is read no further than it is stored', async () => {
    const file = await fileOf(Array.from({ length: 30_000 }, (_, index) => open(index)));
    let readBytes = 0;
    const body = Readable.from(
      (function* () {
        for (let at = 0; at < file.length; at += 4096) {
          readBytes = at;
          yield file.subarray(at, at + 4096);
        }
      })(),
    );
    const readAtPut: number[] = [];
    const sizes: number[] = [];
    const stream = {
      put: async (records: readonly unknown[]) => {
        readAtPut.push(readBytes);
        sizes.push(records.length);
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
    expect(await take(body, webhooksOf({ stream }))).toBe(30_000);
    expect(Math.max(...sizes)).toBe(500);
    expect(readAtPut[0]).toBeLessThan(file.length / 4);
    expect(readAtPut[readAtPut.length >> 1]).toBeLessThan(file.length * 0.75);
  });

  it('of another channel is counted and left alone', async () => {
    const webhooks = webhooksOf();
    const push = { sourceId: 'braze-shop', eventType: 'users.messages.pushnotification.Open' };
    await take(await fileOf([open(1)]), webhooks, push);
    expect(webhooks.records).toEqual([]);
    expect(webhooks.webhookCounts.get('WebhookEventsIgnored')).toBe(1);
  });

  it('that is cut off, is no Avro or can’t be stored fails as a whole', async () => {
    const file = await fileOf(Array.from({ length: 2_000 }, (_, index) => open(index)));
    await expect(take(file.subarray(0, file.length - 100))).rejects.toThrow();
    await expect(take(Buffer.from('no Avro at all, but long enough'))).rejects.toThrow();
    const stream = { put: () => Promise.reject(new Error('down')) };
    await expect(take(file, webhooksOf({ stream }))).rejects.toThrow('down');
  });
});
