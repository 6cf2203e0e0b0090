import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { droppedFile, putObject } from '../../adapters/s3/drop-store.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { type SourceDocument, sourceDocument } from '../../core/events/source.ts';
import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';
import {
  chunkName,
  manifestKey,
  mappingConfig,
  resultName,
  workKey,
} from '../../core/mapping/file-drop.ts';
import type { Mapping } from '../../core/mapping/mapping.ts';
import { earlierEvents } from '../../lambdas/ingest/earlier-imports.ts';
import { closeFeed, openFeed } from '../../lambdas/ingest/feed-files.ts';
import {
  type ImportManifest,
  type ImportRun,
  importManifest,
  type NothingToImport,
} from '../../lambdas/ingest/import-run.ts';
import type { IntakePorts } from '../../lambdas/ingest/intake.ts';
import { planImport } from '../../lambdas/ingest/plan-import.ts';
import { type SplitProgress, splitFile } from '../../lambdas/ingest/split-file.ts';
import { plannedMapping, sumUpImport } from '../../lambdas/ingest/sum-up-import.ts';
import { takeChunk } from '../../lambdas/ingest/take-chunk.ts';
import { takeItems } from '../../lambdas/ingest/take-items.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from '../contract/endpoint.ts';
import { MemoryCatalogueStore } from '../property/memory-stores.ts';
import { eventIn } from './event-in.ts';

/** The steps of the workflow, one after the other, over the local cloud's S3 and a stream in memory. */
export class FileImport {
  readonly mappings = new Map<string, Mapping>();
  readonly sources = new Map<string, SourceDocument>();
  records: StreamRecord[] = [];
  quarantined: QuarantinedCall[] = [];
  catalogue = new MemoryCatalogueStore();
  readonly client: S3Client;
  /** Rows a step of the splitting may read before its time is up. */
  stepRowsMax = Number.POSITIVE_INFINITY;
  steps = 0;
  readonly #s3: S3Engine;
  readonly #directory: string;
  #runNumber = 0;
  #bucketNumber = 0;
  bucket = '';

  private constructor(s3: S3Engine, directory: string) {
    this.#s3 = s3;
    this.#directory = directory;
    this.client = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
  }

  static async start(): Promise<FileImport> {
    const directory = await mkdtemp(join(tmpdir(), 'kindred-files-'));
    return new FileImport(await startS3Engine({ directory: join(directory, 's3') }), directory);
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.#s3.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** An empty bucket, an empty stream, and one source `shop` of this mapping. */
  async begin(mapping: object): Promise<void> {
    this.#bucketNumber += 1;
    this.bucket = `drop-${this.#bucketNumber}`;
    await this.#s3.createBucket(this.bucket);
    this.mappings.clear();
    this.sources.clear();
    this.sources.set('shop', sourceDocument.parse({ sourceId: 'shop', priority: 20 }));
    this.use(mapping);
    this.records = [];
    this.quarantined = [];
    this.catalogue = new MemoryCatalogueStore();
    this.stepRowsMax = Number.POSITIVE_INFINITY;
  }

  use(mapping: object): void {
    this.mappings.set('shop', mappingConfig.parse(mapping));
  }

  async put(name: string, content: string | Uint8Array): Promise<void> {
    const Key = `drop/shop/${name}`;
    await this.client.send(
      new PutObjectCommand({ Bucket: this.bucket, Key, Body: Buffer.from(content) }),
    );
  }

  /** Puts a file there and imports it. */
  async drop(name: string, content: string | Uint8Array): Promise<ImportManifest> {
    await this.put(name, content);
    const run = await this.plan(`drop/shop/${name}`);
    if (run.kind === 'import') await this.finish(await this.split(run));
    return this.manifest(name);
  }

  plan(key: string): Promise<ImportRun | NothingToImport> {
    this.#runNumber += 1;
    const event = { detail: { object: { key } } };
    const mappings = this.mappings;
    return planImport(
      { runId: `run-${this.#runNumber}`, event },
      {
        store: this.store,
        fileDrops: {
          get: async (id) => (mappings.has(id) ? { mappingId: id } : undefined),
        },
        mappings: { get: async (id) => mappings.get(id) },
        sources: { get: async (id) => this.sources.get(id) },
        nowMs: Date.now,
      },
    );
  }

  /** All steps of the splitting, each as long as `stepRowsMax` allows. */
  async split(run: ImportRun): Promise<ImportRun> {
    let progress: SplitProgress | undefined;
    let current = run;
    this.steps = 0;
    while (!current.isSplit) {
      this.steps += 1;
      const { taken, isWhole } = await earlierEvents(this.store, current);
      // The clock is asked after each batch of 500 rows.
      let asked = 0;
      const mapping = await plannedMapping(this.store, current.runId);
      const { items } = mapping;
      const feed = items && (await openFeed(this.store, current, items));
      const step = await splitFile(
        { ...current, isLedgerWhole: isWhole },
        {
          file: droppedFile(this.store, current),
          mapping,
          ...(feed !== undefined && { feed }),
          taken,
          progress: progress === undefined ? undefined : structuredClone(progress),
          put: (key, body) => putObject(this.store, key, body),
          nowMs: () => (++asked * 500 >= this.stepRowsMax ? 1 : 0),
        },
        0,
      );
      progress = step.progress;
      current = step.run;
      if (feed && items) await closeFeed(this.store, current, feed, items);
    }
    return current;
  }

  async takeChunk(run: ImportRun, chunk: number, ports: IntakePorts = this.ports): Promise<void> {
    const text = await this.text(workKey(run.runId, chunkName(chunk)));
    const untilMs = Date.now() + 30_000;
    const result =
      run.feed === undefined
        ? await takeChunk(text, run.source, undefined, ports, untilMs)
        : await takeItems(text, this.catalogue, untilMs);
    await putObject(this.store, workKey(run.runId, resultName(chunk)), JSON.stringify(result));
  }

  async finish(run: ImportRun): Promise<ImportManifest> {
    for (let chunk = 1; chunk <= run.chunkCount; chunk += 1) await this.takeChunk(run, chunk);
    return this.sumUp(run);
  }

  sumUp(run: ImportRun): Promise<ImportManifest> {
    return sumUpImport(run, this.store, Date.now());
  }

  async manifest(name: string): Promise<ImportManifest> {
    return importManifest.parse(JSON.parse(await this.text(manifestKey(`drop/shop/${name}`))));
  }

  async text(key: string): Promise<string> {
    const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return (await answer.Body?.transformToString()) ?? '';
  }

  async keys(prefix: string): Promise<string[]> {
    const query = { Bucket: this.bucket, Prefix: prefix };
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command(query));
    return Contents.map(({ Key = '' }) => Key);
  }

  events(): CollectedEvent[] {
    return this.records.map(eventIn);
  }

  get store() {
    return { client: this.client, bucket: this.bucket };
  }

  get ports(): IntakePorts {
    return {
      stream: { put: async (records) => void this.records.push(...records) },
      quarantine: { keep: async (calls) => void this.quarantined.push(...calls) },
      identitySecret: async () => 's'.repeat(64),
      count: () => undefined,
    };
  }
}

/** Each row's outcome is one of these. */
export function sumOfOutcomes({ outcomes }: ImportManifest): number {
  const of = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((sum, rows) => sum + rows, 0);
  return outcomes.accepted + outcomes.duplicate + of(outcomes.quarantined) + of(outcomes.skipped);
}
