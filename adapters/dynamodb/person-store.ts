import {
  DeleteItemCommand,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { ErasedIdentity } from '../../core/identity/erased-identity.ts';
import { type Person, personOf, refOfProfileId } from '../../core/privacy/person.ts';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { MERGE_HOPS_MAX } from '../../core/profile/profile-store.ts';
import { readBatch, type StoredItem } from './batch-read.ts';
import { coldKeyOf } from './profile-item.ts';
import { identityItem, storedProfiles } from './profile-store.ts';

export interface PersonTables {
  readonly client: DynamoDBClient;
  readonly identitiesTable: string;
  readonly profilesTable: string;
}

/** All that the tables have of a person. */
export interface FoundPerson {
  readonly person: Person;
  /** The joined profile; absent where there is none. */
  readonly profile: Profile | undefined;
  /** By identity that leads to a profile. */
  readonly links: ReadonlyMap<string, string>;
  /** By identity that was erased before. */
  readonly erased: ReadonlyMap<string, ErasedIdentity>;
  /** All profiles found: more than one where a link was lost. */
  readonly profiles: readonly Profile[];
  /** Items of the profiles table, by profile id, with their version: profiles and tombstones of merged ones. */
  readonly stored: ReadonlyMap<string, number>;
}

/** DynamoDB's limit of one transaction. */
const ACTIONS_MAX = 100;
/** A customer who sends events meanwhile is read and erased again; five collisions in a row are a fault. */
const ATTEMPTS_MAX = 5;

/**
 * Everyone that the identities lead to by links and merges. Of several keys, as a text that may be an id or a
 * hashed address, the first that leads to a profile counts, as for who is served.
 */
export async function findPerson(
  tables: PersonTables,
  refs: readonly string[],
  profileId?: string,
): Promise<FoundPerson> {
  const founding = profileId === undefined ? undefined : refOfProfileId(profileId);
  const { links } = await readIdentities(tables, refs);
  const linked = refs.find((ref) => links.has(ref));
  const chosen =
    linked === undefined ? [...refs, ...(founding === undefined ? [] : [founding])] : [linked];
  let person = personOf(chosen);
  for (let hop = 0; hop <= MERGE_HOPS_MAX; hop += 1) {
    const found = await readPerson(tables, person);
    const refsNow = [...person.refs, ...found.profiles.flatMap(({ identities }) => identities)];
    const idsNow = [...person.profileIds, ...found.links.values(), ...found.mergedInto];
    const next = personOf(refsNow, idsNow);
    const isWhole =
      next.refs.length === person.refs.length &&
      next.profileIds.length === person.profileIds.length;
    if (isWhole) return { ...found, person };
    person = next;
  }
  throw new Error(`a profile was merged more than ${MERGE_HOPS_MAX} times in a row`);
}

async function readIdentities({ client, identitiesTable }: PersonTables, refs: readonly string[]) {
  const items = await readBatch(client, {
    table: identitiesTable,
    keyName: 'identity',
    keys: refs,
    isConsistent: true,
  });
  const links = new Map<string, string>();
  const erased = new Map<string, ErasedIdentity>();
  for (const item of items.map((stored) => identityItem.parse(unmarshall(stored)))) {
    if (item.profileId !== undefined) links.set(item.identity, item.profileId);
    if (item.erased !== undefined) erased.set(item.identity, item.erased);
  }
  return { links, erased };
}

async function readPerson(tables: PersonTables, { refs, profileIds }: Person) {
  const identities = await readIdentities(tables, refs);
  const items = await readBatch(tables.client, {
    table: tables.profilesTable,
    keyName: 'profileId',
    keys: profileIds.flatMap((id) => [id, coldKeyOf(id)]),
    isConsistent: true,
  });
  const stored = new Map<string, number>();
  const mergedInto: string[] = [];
  const profiles: Profile[] = [];
  const versions = new Map(items.map((item) => [item.profileId?.S, Number(item.version?.N ?? 0)]));
  for (const [profileId, read] of storedProfiles(items)) {
    stored.set(profileId, versions.get(profileId) ?? 0);
    // Its identities are unknown: half of a customer must not pass for the whole.
    if (read.kind === 'unreadable') throw new Error(`a profile cannot be read: ${read.cause}`);
    if (read.kind === 'profile') profiles.push(wholeProfile(read));
    else mergedInto.push(read.mergedInto);
  }
  const leading = new Set(identities.links.values());
  const profile = profiles.find(({ profileId }) => leading.has(profileId)) ?? profiles[0];
  return { ...identities, stored, mergedInto, profiles, profile };
}

/** What an erasure is about to take out of the tables. */
export interface LeavingItems {
  /** With every identity found so far. */
  readonly person: Person;
  readonly profileIds: readonly string[];
  /** Identities that led to a profile. */
  readonly linkedRefs: readonly string[];
}

/**
 * Marks every identity of the person as erased and deletes the profile with its tombstones. Whoever folds
 * events meanwhile finds the profile's version or the mark changed, reads again, and drops what is of the past.
 * Repeating it changes nothing, but finds no more what is gone: `noteLeaving` is to make it durable before. A profile that is not `isOld` is a new relationship's and stays, with its links.
 */
export async function erasePerson(
  tables: PersonTables,
  person: Person,
  erased: ErasedIdentity,
  isOld: (profile: Profile) => boolean,
  noteLeaving: (leaving: LeavingItems) => Promise<void>,
): Promise<void> {
  let whole = person;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const found = await findAll(tables, whole);
    whole = found.person;
    const staying = new Set(
      found.profiles.filter((each) => !isOld(each)).map(({ profileId }) => profileId),
    );
    const leaving = new Map([...found.stored].filter(([id]) => !staying.has(id)));
    const unmarked = whole.refs.filter(
      (ref) =>
        (found.erased.get(ref)?.erasedAtMs ?? 0) < erased.erasedAtMs ||
        (found.links.has(ref) && !staying.has(found.links.get(ref) ?? '')),
    );
    if (leaving.size === 0 && unmarked.length === 0) return;
    const linkedRefs = unmarked.filter((ref) => found.links.has(ref));
    await noteLeaving({ person: whole, profileIds: [...leaving.keys()], linkedRefs });
    try {
      await writeErasure(tables, { ...found, unmarked, leaving, staying }, erased);
    } catch (error) {
      const isContended =
        error instanceof TransactionCanceledException ||
        error instanceof TransactionConflictException;
      if (!isContended || attempt === ATTEMPTS_MAX) throw error;
    }
  }
  throw new Error(`the customer changed ${ATTEMPTS_MAX} times while being erased; start it again`);
}

/** With every identity that any of the person's own leads to. */
async function findAll(tables: PersonTables, person: Person): Promise<FoundPerson> {
  const found = await readPerson(tables, person);
  const more = personOf(
    [...person.refs, ...found.profiles.flatMap(({ identities }) => identities)],
    [...person.profileIds, ...found.mergedInto, ...found.links.values()],
  );
  if (
    more.refs.length === person.refs.length &&
    more.profileIds.length === person.profileIds.length
  )
    return { ...found, person };
  return { ...(await readPerson(tables, more)), person: more };
}

interface Leaving extends Pick<FoundPerson, 'erased' | 'links'> {
  readonly unmarked: readonly string[];
  /** Version by id of the profiles that are to be deleted. */
  readonly leaving: ReadonlyMap<string, number>;
  readonly staying: ReadonlySet<string>;
}

/** Marks first, then the profile: a crash in between leaves a profile that nothing leads to, and is repeated. */
async function writeErasure(
  { client, identitiesTable, profilesTable }: PersonTables,
  { unmarked, erased: before, links, leaving, staying }: Leaving,
  erased: ErasedIdentity,
): Promise<void> {
  const marks = unmarked.map((ref): TransactWriteItem => {
    const earlier = before.get(ref);
    // A later erasure of the same identity says more than this one.
    const last = (earlier?.erasedAtMs ?? 0) > erased.erasedAtMs ? earlier : erased;
    const isSuppressed = erased.isSuppressed || earlier?.isSuppressed === true;
    const isLinked = staying.has(links.get(ref) ?? '');
    return {
      Update: {
        TableName: identitiesTable,
        Key: marshall({ identity: ref }),
        UpdateExpression: `SET erased = :erased${isLinked ? '' : ' REMOVE profileId'}`,
        ExpressionAttributeValues: { ':erased': { M: marshall({ ...last, isSuppressed }) } },
      },
    };
  });
  const deletions = [...leaving].flatMap(([profileId, version]): TransactWriteItem[] => [
    {
      Delete: {
        TableName: profilesTable,
        Key: marshall({ profileId }),
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': { N: String(version) } },
      },
    },
    // Whether there is one or not, it goes with the item that it belongs to.
    { Delete: { TableName: profilesTable, Key: marshall({ profileId: coldKeyOf(profileId) }) } },
  ]);
  const actions = [...marks, ...deletions];
  for (let from = 0; from < actions.length; from += ACTIONS_MAX) {
    const TransactItems = actions.slice(from, from + ACTIONS_MAX);
    await client.send(new TransactWriteItemsCommand({ TransactItems }));
  }
}

/** Deletes items of what must never count twice, those that there are; each is told of before. */
export async function deleteClaims(
  client: DynamoDBClient,
  table: string,
  keys: readonly string[],
  noteLeaving: (key: string) => Promise<void>,
): Promise<void> {
  const items = await readBatch(client, { table, keyName: 'key', keys, isConsistent: true });
  for (const key of items.flatMap((item) => item.key?.S ?? [])) {
    await noteLeaving(key);
    await client.send(new DeleteItemCommand({ TableName: table, Key: keyItem(key) }));
  }
}

function keyItem(key: string): StoredItem {
  return { key: { S: key } };
}
