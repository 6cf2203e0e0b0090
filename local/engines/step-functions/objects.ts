import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/** An object as a listing names it. */
export interface ListedObject {
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** What a distributed Map does with S3; each call rejects with S3's own error. */
export interface Objects {
  text(bucket: string, key: string): Promise<string>;
  list(bucket: string, prefix: string): Promise<ListedObject[]>;
  put(bucket: string, key: string, text: string): Promise<void>;
}

/** Over the wire, as Step Functions does, so that S3's faults reach it too. */
export function objectsAt(endpoint: string): Objects {
  const client = new S3Client({
    endpoint,
    region: 'local',
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    async text(Bucket, Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    },
    async list(Bucket, Prefix) {
      const found: ListedObject[] = [];
      for (let token: string | undefined; ; ) {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }),
        );
        for (const { Key = '', ETag = '', Size = 0, LastModified } of page.Contents ?? []) {
          found.push({
            key: Key,
            etag: ETag,
            sizeBytes: Size,
            modifiedAt: LastModified ?? new Date(0),
          });
        }
        token = page.NextContinuationToken;
        if (token === undefined) return found;
      }
    },
    async put(Bucket, Key, text) {
      await client.send(
        new PutObjectCommand({ Bucket, Key, Body: text, ContentType: 'application/json' }),
      );
    },
  };
}
