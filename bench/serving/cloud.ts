import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { StoredItem } from '../../adapters/dynamodb/batch-read.ts';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { flipPointer, readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { writeModel } from '../../adapters/s3/model-store.ts';
import type { Model } from '../../core/training/model.ts';
import { encodeModel, type ModelFiles } from '../../core/training/model-file.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import { storedItems } from './stored-customers.ts';

const WRITES_MAX = 25;
const PATH = '/v1/recommendations/for-you';

/** A shop of so many customers and items in the local cloud's own stores. */
export class ShopInCloud {
  readonly #cloud: LocalCloud;
  readonly #dynamoDb: DynamoDBClient;
  readonly #s3: S3Client;

  constructor(cloud: LocalCloud) {
    const { aws, region } = cloud.connection;
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
    this.#cloud = cloud;
    this.#dynamoDb = new DynamoDBClient({ region, credentials, endpoint: aws.dynamodb ?? '' });
    this.#s3 = new S3Client({ region, credentials, endpoint: aws.s3 ?? '', forcePathStyle: true });
  }

  /** Makes this the current model; its files where they were encoded before. */
  async publish(model: Model, files: ModelFiles = encodeModel(model)): Promise<void> {
    const { ModelsBucketName = '', ConfigTableName = '' } = this.#cloud.connection.resources;
    await writeModel({ client: this.#s3, bucket: ModelsBucketName }, model.id, files);
    const table = { client: this.#dynamoDb, table: ConfigTableName };
    const seen = await readPointer(readableTable(table), { consistent: true });
    await flipPointer(table, seen, model.id, new Date().toISOString());
  }

  async put({ items }: Model, customerCount: number): Promise<void> {
    const { CatalogueTableName = '', ProfilesTableName = '' } = this.#cloud.connection.resources;
    const customers = Array.from({ length: customerCount }, (_, customer) => customer);
    const profiles = customers.flatMap((customer) => storedItems(customer, items.length));
    await this.#write(ProfilesTableName, profiles);
    await this.#write(
      CatalogueTableName,
      items.map((item) => marshall(item)),
    );
  }

  close(): void {
    this.#dynamoDb.destroy();
    this.#s3.destroy();
  }

  async #write(table: string, rows: readonly StoredItem[]): Promise<void> {
    for (let at = 0; at < rows.length; at += WRITES_MAX) {
      const requests = rows.slice(at, at + WRITES_MAX).map((Item) => ({ PutRequest: { Item } }));
      await this.#dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    }
  }
}

/** A request of the gateway for one customer. */
export function recommendationEvent(customer: number): object {
  return {
    httpMethod: 'GET',
    path: PATH,
    headers: { 'User-Agent': 'Braze Sending Service', Accept: '*/*', 'Accept-Encoding': 'gzip' },
    queryStringParameters: { customer: `${customer}` },
    requestContext: { path: PATH },
  };
}
