import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { Faults } from '../../local/faults.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';

/** A bucket on the engine under contract, and its client. */
export class S3Contract {
  readonly bucket = `contract-${randomUUID()}`;
  readonly faults = new Faults();
  /** Where the local engine keeps its buckets. */
  directory = '';
  endpoint = '';
  engine: S3Engine | undefined;
  client = new S3Client(clientDefaults);

  async start(): Promise<void> {
    const foreign = foreignEndpoint('s3');
    const { faults } = this;
    this.directory = await mkdtemp(join(tmpdir(), 'kindred-s3-'));
    if (foreign === undefined) {
      this.engine = await startS3Engine({ directory: this.directory, faults });
    }
    this.endpoint = foreign ?? this.engine?.endpoint ?? '';
    this.client = new S3Client({
      ...clientDefaults,
      endpoint: this.endpoint,
      forcePathStyle: true,
      maxAttempts: 1,
    });
    await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.engine?.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  readonly put = (Key: string, Body: string, more: object = {}) =>
    this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body, ...more }));

  readonly get = async (Key: string, more: object = {}) => {
    const { Body, ...rest } = await this.client.send(
      new GetObjectCommand({ Bucket: this.bucket, Key, ...more }),
    );
    return { ...rest, text: (await Body?.transformToString()) ?? '' };
  };
}

/** A contract that starts before a file's tests and ends after them. */
export function s3Contract(): S3Contract {
  const contract = new S3Contract();
  beforeAll(() => contract.start());
  afterEach(() => contract.faults.liftAll());
  afterAll(() => contract.stop());
  return contract;
}
