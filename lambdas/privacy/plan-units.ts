import type { S3Client } from '@aws-sdk/client-s3';
import { foldersBelow } from '../../adapters/s3/text-objects.ts';
import { areas, type DataBucket } from '../../core/privacy/areas.ts';
import type { SearchUnit } from '../../core/privacy/search.ts';

/** The pieces of work that there are now: a day of an area, or an area. */
export async function planUnits(
  client: S3Client,
  buckets: Readonly<Record<DataBucket, string>>,
): Promise<SearchUnit[]> {
  const units: SearchUnit[] = [];
  for (const { name: area, bucket, prefix, isByDay } of areas) {
    const store = { client, bucket: buckets[bucket] };
    const prefixes = isByDay ? await foldersBelow(store, prefix) : [prefix];
    units.push(...prefixes.map((each) => ({ area, prefix: each })));
  }
  return units;
}
