import { DescribeTableCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { clientReads } from './client-reads.ts';
import { type CustomerTables, readProfile } from './customer-reader.ts';
import { withColdItems } from './profile-store.ts';

/** A part of a table's items, as DynamoDB divides them for scans side by side. */
export interface Segment {
  readonly segment: number;
  readonly segmentCount: number;
}

export interface ProfilePage {
  readonly profiles: readonly Profile[];
  /** Profiles in no form that this code reads. */
  readonly unreadableCount: number;
  /** Where the next page begins; undefined after the last. */
  readonly after: string | undefined;
}

/** The tables in which customers are gone through. */
interface ScannedTables extends Omit<CustomerTables, 'reads'> {
  readonly client: DynamoDBClient;
}

/** Ends a read that hangs. */
const READ_MS_MAX = 10_000;

/**
 * The next page of a segment, some hundred profiles, as whole as serving reads them. Consistent: a consent that was
 * refused a moment ago is seen.
 * @throws when DynamoDB fails.
 */
export async function readProfilePage(
  { client, ...tables }: ScannedTables,
  { segment, segmentCount }: Segment,
  after: string | undefined,
): Promise<ProfilePage> {
  const { profilesTable } = tables;
  const page = await client.send(
    new ScanCommand({
      TableName: profilesTable,
      Segment: segment,
      TotalSegments: segmentCount,
      ConsistentRead: true,
      ...(after !== undefined && { ExclusiveStartKey: { profileId: { S: after } } }),
    }),
  );
  const profiles: Profile[] = [];
  let unreadableCount = 0;
  // The cold item of a profile may lie in any other segment.
  const read = await withColdItems(client, profilesTable, page.Items ?? []);
  for (const [profileId, stored] of read) {
    if (stored.kind === 'unreadable') unreadableCount += 1;
    if (stored.kind !== 'profile') continue;
    // Written between the two reads: once more, both at once.
    const profile =
      stored.cold === undefined
        ? await readProfile(
            { reads: clientReads(client), ...tables },
            profileId,
            AbortSignal.timeout(READ_MS_MAX),
          )
        : wholeProfile(stored);
    if (profile !== undefined) profiles.push(profile);
  }
  return { profiles, unreadableCount, after: page.LastEvaluatedKey?.profileId?.S };
}

/** About how many items a table has; DynamoDB counts them every six hours. */
export async function approximateItemCount(client: DynamoDBClient, table: string): Promise<number> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  return Table?.ItemCount ?? 0;
}
