import { gunzipSync } from 'node:zlib';
import { paginateScan } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { TestCloud } from '../integration/cloud.ts';

/** Where anything stands that holds one of these words: a table, or a bucket and its first folder. */
export async function placesOf(test: TestCloud, words: readonly string[]): Promise<string[]> {
  const all = await everything(test);
  const hits = all.filter(({ text }) => words.some((word) => text.includes(word)));
  return [...new Set(hits.map(({ place }) => place.split('/').slice(0, 2).join('/')))].sort();
}

/** Every object below a prefix, whole. */
export async function* objectsOf(test: TestCloud, bucket: string, prefix = '') {
  const { s3: client } = test.clients;
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key = '' } of page.Contents ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      yield { key: Key, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []) };
    }
  }
}

/** What an object says, however it is packed. */
export async function textOf(key: string, bytes: Buffer): Promise<string> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes).toString();
  if (!key.endsWith('.parquet')) return bytes.toString();
  const file = new Uint8Array(bytes).buffer;
  return JSON.stringify(await parquetReadObjects({ file, compressors }));
}

/** Everything that any table or bucket holds: place and text. */
export async function everything(test: TestCloud): Promise<{ place: string; text: string }[]> {
  const found: { place: string; text: string }[] = [];
  for (const [name, value] of Object.entries(test.cloud.connection.resources)) {
    if (name.endsWith('TableName')) {
      const { dynamoDb: client } = test.clients;
      for await (const { Items = [] } of paginateScan({ client }, { TableName: value })) {
        found.push(
          ...Items.map((item) => ({ place: name, text: JSON.stringify(unmarshall(item)) })),
        );
      }
    }
    if (!name.endsWith('BucketName')) continue;
    for await (const { key, bytes } of objectsOf(test, value)) {
      const decoded = (await textOf(key, bytes)) + key;
      found.push({ place: `${name}/${key}`, text: withDecoded(decoded) });
    }
  }
  return found;
}

/** With whatever of it is base64, as the stream's records are. */
function withDecoded(text: string): string {
  const encoded = text.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? [];
  return text + encoded.map((each) => Buffer.from(each, 'base64').toString('latin1')).join();
}
