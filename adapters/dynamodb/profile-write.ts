import {
  type CancellationReason,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  type Put,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { CART_DUE_ATTRIBUTE, cartDueOf } from '../../core/profile/cart-due.ts';
import type {
  IdentityLink,
  ProfilePut,
  ProfileWrite,
  WriteOutcome,
} from '../../core/profile/profile-store.ts';

/** Names of the tables that hold profiles and what belongs to them. */
export interface ProfileTables {
  readonly profiles: string;
  readonly identities: string;
  readonly dedupe: string;
  /** Days after its last write at which a profile is forgotten; for good where nothing is said. */
  readonly profileRetentionDays?: number;
}

interface Action {
  readonly put: Put;
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
 * Writes all of it or nothing: one profile alone by a conditional put, which costs half of a
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
  const isAlone = actions.length === 1 && first.claim === undefined;
  try {
    if (isAlone) await client.send(new PutItemCommand(first.put));
    else {
      const items = actions.map(({ put }) => ({ Put: put }));
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
  return [
    ...write.profiles.map((put) => ({ put: profilePut(tables, put) })),
    ...write.tombstones.map(({ tombstone, expectedVersion }) => ({
      put: versionedPut(tables.profiles, tombstone, expectedVersion),
    })),
    ...write.newLinks.map((link) => ({ put: newLinkPut(tables.identities, link) })),
    ...write.movedLinks.map((link) => ({
      put: { TableName: tables.identities, Item: marshall(link) },
    })),
    ...write.claims.map(({ key, expiresAtS }) => ({
      put: newPut(tables.dedupe, { key, expiresAt: expiresAtS }, 'key'),
      claim: key,
    })),
  ];
}

function profilePut(tables: ProfileTables, { profile, expectedVersion }: ProfilePut): Put {
  const { profiles: table, profileRetentionDays: days } = tables;
  // From when the customer was heard of last, and not from what was told: a history may be imported.
  const expiry =
    days === undefined ? {} : { expiresAt: Math.floor(Date.now() / 1000) + days * DAY_S };
  const cartDue = cartDueOf(profile);
  const due = cartDue === undefined ? {} : { [CART_DUE_ATTRIBUTE]: cartDue };
  const document = { ...profile, ...due, ...expiry };
  return expectedVersion === undefined
    ? newPut(table, document, 'profileId')
    : versionedPut(table, document, expectedVersion);
}

/** An erasure that was not there when the link was decided on is a conflict, as another link is. */
function newLinkPut(table: string, link: IdentityLink): Put {
  if (link.erased === undefined) return newPut(table, link, 'identity');
  return {
    TableName: table,
    Item: marshall(link),
    ConditionExpression: 'attribute_not_exists(profileId) AND erased.erasureId = :erasureId',
    ExpressionAttributeValues: { ':erasureId': { S: link.erased.erasureId } },
  };
}

function newPut(table: string, document: object, keyName: string): Put {
  return {
    TableName: table,
    Item: marshall(document, { removeUndefinedValues: true }),
    ConditionExpression: 'attribute_not_exists(#key)',
    ExpressionAttributeNames: { '#key': keyName },
  };
}

function versionedPut(table: string, document: object, expectedVersion: number): Put {
  return {
    TableName: table,
    Item: marshall(document, { removeUndefinedValues: true }),
    ConditionExpression: '#version = :expected',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':expected': { N: String(expectedVersion) } },
  };
}
