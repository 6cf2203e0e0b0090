import {
  type CancellationReason,
  ConditionalCheckFailedException,
  type Delete,
  type DynamoDBClient,
  type Put,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { COLD_AGE_DAYS_MAX } from '../../core/profile/hot-cold.ts';
import type {
  IdentityLink,
  ProfilePut,
  ProfileWrite,
  TombstonePut,
  WriteOutcome,
} from '../../core/profile/profile-store.ts';
import type { StoredItem } from './batch-read.ts';
import { coldItem, coldKeyOf, hotItem } from './profile-item.ts';

/** Names of the tables that hold profiles and what belongs to them. */
export interface ProfileTables {
  readonly profiles: string;
  readonly identities: string;
  readonly dedupe: string;
  /** Days after its last write at which a profile is forgotten; for good where nothing is said. */
  readonly profileRetentionDays?: number;
}

interface Action {
  readonly item: { readonly Put: Put } | { readonly Delete: Delete };
  /** The claim that it makes, if it makes one. */
  readonly claim?: string;
}

const DAY_S = 86_400;

/** What another writer can cause; the remedy is to read and fold again. */
const contendedCodes: ReadonlySet<string> = new Set([
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/**
 * Writes all of it or nothing: one hot item alone by a conditional put, which costs half of a
 * transaction; anything more in one transaction.
 */
export async function writeProfiles(
  client: DynamoDBClient,
  tables: ProfileTables,
  write: ProfileWrite,
): Promise<WriteOutcome> {
  const actions = actionsOf(tables, write);
  const [first] = actions;
  if (first === undefined) return { kind: 'written' };
  const isAlone = actions.length === 1 && first.claim === undefined && 'Put' in first.item;
  try {
    if (isAlone && 'Put' in first.item) await client.send(new PutItemCommand(first.item.Put));
    else {
      const items = actions.map(({ item }) => item);
      await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
    }
    return { kind: 'written' };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { kind: 'conflict' };
    if (error instanceof TransactionConflictException) return { kind: 'conflict' };
    if (error instanceof TransactionCanceledException) {
      return outcomeOf(actions, error.CancellationReasons ?? [], error);
    }
    throw error;
  }
}

/** What a cancelled transaction means: claims taken and nothing else in the way, or a conflict. */
function outcomeOf(
  actions: readonly Action[],
  reasons: readonly CancellationReason[],
  error: unknown,
): WriteOutcome {
  const codes = reasons.map(({ Code }) => Code ?? 'None');
  const failing = codes.flatMap((code, index) => (code === 'None' ? [] : [{ code, index }]));
  if (failing.length === 0 || failing.some(({ code }) => !contendedCodes.has(code))) throw error;
  const keys = failing.flatMap(({ code, index }) => {
    const claim = actions[index]?.claim;
    return claim === undefined || code !== 'ConditionalCheckFailed' ? [] : [claim];
  });
  return keys.length === failing.length ? { kind: 'claimed', keys } : { kind: 'conflict' };
}

function actionsOf(tables: ProfileTables, write: ProfileWrite): Action[] {
  const { profiles, identities, dedupe } = tables;
  return [
    ...write.profiles.flatMap((put) => profileActions(tables, put)),
    ...write.tombstones.flatMap((put) => tombstoneActions(profiles, put)),
    ...write.newLinks.map((link) => ({ item: { Put: newLinkPut(identities, link) } })),
    ...write.movedLinks.map((link) => ({
      item: { Put: { TableName: identities, Item: marshall(link) } },
    })),
    ...write.claims.map(({ key, expiresAtS }) => ({
      item: { Put: newPut(dedupe, marshall({ key, expiresAt: expiresAtS }), 'key') },
      claim: key,
    })),
  ];
}

function profileActions(tables: ProfileTables, put: ProfilePut): Action[] {
  const { hot, hotText, cold, expectedVersion } = put;
  const { profiles: table, profileRetentionDays: days } = tables;
  const { profileId, version } = hot;
  const item = { ...hotItem(hot, hotText), ...expiryIn(days) };
  const hotPut =
    expectedVersion === undefined
      ? newPut(table, item, 'profileId')
      : versionedPut(table, item, expectedVersion);
  if (cold === undefined) return [{ item: { Put: hotPut } }];
  // Nobody writes cold without hot, whose condition therefore guards both; and it goes after hot has gone.
  const expiry = expiryIn(days === undefined ? undefined : days + COLD_AGE_DAYS_MAX + 1);
  const Item = { ...coldItem(profileId, version, cold), ...expiry };
  return [{ item: { Put: hotPut } }, { item: { Put: { TableName: table, Item } } }];
}

/** From when the customer was heard of last, and not from what was told: a history may be imported. */
function expiryIn(days: number | undefined): StoredItem {
  if (days === undefined) return {};
  return { expiresAt: { N: String(Math.floor(Date.now() / 1000) + days * DAY_S) } };
}

function tombstoneActions(table: string, put: TombstonePut): Action[] {
  const { tombstone, expectedVersion, hasCold } = put;
  const actions: Action[] = [
    { item: { Put: versionedPut(table, marshall(tombstone), expectedVersion) } },
  ];
  const Key = { profileId: { S: coldKeyOf(tombstone.profileId) } };
  return hasCold ? [...actions, { item: { Delete: { TableName: table, Key } } }] : actions;
}

/** An erasure that was not there when the link was decided on is a conflict, as another link is. */
function newLinkPut(table: string, link: IdentityLink): Put {
  if (link.erased === undefined) return newPut(table, marshall(link), 'identity');
  return {
    TableName: table,
    Item: marshall(link),
    ConditionExpression: 'attribute_not_exists(profileId) AND erased.erasureId = :erasureId',
    ExpressionAttributeValues: { ':erasureId': { S: link.erased.erasureId } },
  };
}

function newPut(table: string, item: StoredItem, keyName: string): Put {
  return {
    TableName: table,
    Item: item,
    ConditionExpression: 'attribute_not_exists(#key)',
    ExpressionAttributeNames: { '#key': keyName },
  };
}

function versionedPut(table: string, item: StoredItem, expectedVersion: number): Put {
  return {
    TableName: table,
    Item: item,
    ConditionExpression: '#version = :expected',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':expected': { N: String(expectedVersion) } },
  };
}
