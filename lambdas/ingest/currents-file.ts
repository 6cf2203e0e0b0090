import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { streams } from 'avsc';
import * as z from 'zod';
import type { SourceDocument } from '../../core/events/source.ts';
import { brazeWebhook, currentsEvent } from '../../core/webhooks/braze.ts';
import type { VendorEvent } from '../../core/webhooks/vendor-webhook.ts';
import { avroCodecs } from './avro-codecs.ts';
import { takeVendorEvents, type VendorEventPorts } from './webhook-request.ts';

/** Events taken in at once: with 1 KB each, half of what Kinesis takes in a request. */
const CHUNK_EVENTS_MAX = 500;
/** One chunk's patience with the stream; the file as a whole has the function's time. */
const CHUNK_MS_MAX = 30_000;

/** Where a file says from whom it is and what is in it. */
export interface CurrentsPlace {
  readonly sourceId: string;
  /** E.g. `users.messages.email.Open`. */
  readonly eventType: string;
}

const KEY = /^currents\/([a-z0-9][a-z0-9-]{0,62})\/(?:.+\/)?event_type=([\w.]+)\/.+\.avro$/;

/**
 * Reads the key of a file of Braze Currents below `currents/<source>/`, where Braze itself puts
 * `…/event_type=<type>/date=<hour>/…avro`; undefined for any other object.
 * Source: https://www.braze.com/docs/user_guide/data/distribution/braze_currents/event_delivery_semantics
 */
export function currentsPlaceOf(key: string): CurrentsPlace | undefined {
  const [, sourceId, eventType] = KEY.exec(key) ?? [];
  return sourceId === undefined || eventType === undefined ? undefined : { sourceId, eventType };
}

/**
 * Takes a file of Currents in, a chunk at a time: the file may be of any size, as no more of it is
 * read than is being stored. A file that comes again does no harm: its events have ids.
 * @throws when the file is no Avro or is cut off, or when a chunk can't be stored; then all of it is to
 * come again.
 */
export async function takeCurrentsFile(
  file: Readable,
  { eventType }: CurrentsPlace,
  source: SourceDocument,
  ports: VendorEventPorts,
): Promise<number> {
  let eventCount = 0;
  const take = async (events: readonly VendorEvent[]): Promise<void> => {
    const receivedAtMs = Date.now();
    const arrival = { source, receivedAtMs, deadlineMs: receivedAtMs + CHUNK_MS_MAX };
    await takeVendorEvents('braze', brazeWebhook, events, arrival, ports);
    eventCount += events.length;
  };
  const decoder = new streams.BlockDecoder({ codecs: { ...avroCodecs } });
  const ending = new Ending(decoder);
  await pipeline(
    file,
    (chunks) => ending.watch(chunks),
    decoder,
    async (records: AsyncIterable<unknown>) => {
      let chunk: VendorEvent[] = [];
      for await (const record of records) {
        // As plain JSON: the decoder's records are of classes that it makes up.
        chunk.push(currentsEvent(eventType, { ...Object(record) }));
        if (chunk.length < CHUNK_EVENTS_MAX) continue;
        await take(chunk);
        chunk = [];
      }
      if (chunk.length > 0) await take(chunk);
    },
  );
  if (!ending.isWhole) throw new CutOffError();
  return eventCount;
}

/** The file ends before its last block does, of which the decoder says nothing. */
export class CutOffError extends Error {
  override readonly name = 'CutOffError';
  override readonly message = 'the file is cut off: it does not end in its sync marker';
}

/** Every block of an Avro file ends in the marker that its header names. */
const MARKER_BYTES = 16;

const header = z.object({ sync: z.instanceof(Uint8Array) });

class Ending {
  #marker: Uint8Array | undefined;
  #tail = Buffer.alloc(0);

  constructor(decoder: streams.BlockDecoder) {
    decoder.once('metadata', (_type, _codec, found: unknown) => {
      this.#marker = header.parse(found).sync;
    });
  }

  get isWhole(): boolean {
    return this.#marker !== undefined && this.#tail.equals(this.#marker);
  }

  async *watch(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#tail = Buffer.from(
        Buffer.concat([this.#tail, chunk.subarray(-MARKER_BYTES)]).subarray(-MARKER_BYTES),
      );
      yield chunk;
    }
  }
}
