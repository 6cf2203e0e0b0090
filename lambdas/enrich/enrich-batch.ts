import type { InspectorLog } from '../../adapters/dynamodb/inspector-log.ts';
import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import { isoTimeMs } from '../../core/events/iso-time.ts';
import { customerGroups } from '../../core/profile/customer-groups.ts';
import { compareSequence } from '../../core/profile/evidence.ts';
import type { DeliveredEvent, EventRefusal } from '../../core/profile/fold-deliveries.ts';
import type { ProfileStore, StoredView } from '../../core/profile/profile-store.ts';
import type { RefusedTrait, TraitTypes } from '../../core/profile/trait-types.ts';
import { type DeclaredDeliveries, withDeclaredTraits } from './declared-traits.ts';
import { decodeRecord, type PoisonRecord } from './decode-record.ts';
import { enrichGroup, type GroupFailure, type GroupResult } from './enrich-group.ts';
import type { EntryCache } from './entry-cache.ts';
import { loadView } from './load-view.ts';
import { noteFates, type SettledEvent } from './note-fates.ts';
import { inParallel } from './parallel.ts';
import type { StreamRecord } from './stream-record.ts';
import type { Surroundings } from './surroundings.ts';
import { updateCatalogue } from './update-catalogue.ts';

/** Groups in flight at once: more only wait for the client's 50 connections. */
const GROUPS_IN_FLIGHT_MAX = 16;

/** Everything that the logic of the function reaches out to. */
export interface EnrichPorts {
  readonly profiles: ProfileStore;
  readonly catalogue: CatalogueStore;
  /** Kept between invocations. */
  readonly entryCache: EntryCache;
  readonly writePoison: (poison: PoisonRecord) => Promise<void>;
  /** Keeps what is wrong with a customer's identities where people look for it; never rejects. */
  readonly keepRefused: (refused: readonly EventRefusal[]) => Promise<void>;
  readonly surroundings: Surroundings;
  /** Which types the shop declares for traits; absent in tests of other things. */
  readonly traitTypes?: () => Promise<TraitTypes>;
  /** Where it is written down what became of each event; absent in tests of other things. */
  readonly inspector?: InspectorLog;
}

export type BatchFailure =
  | GroupFailure
  | { readonly kind: 'poison'; readonly error: unknown }
  | { readonly kind: 'catalogue'; readonly error: unknown };

/**
 * What became of a batch: each record is folded, a duplicate (sent again by its client), redelivered
 * (handled before), erased (its customer was), poison, or failed and comes again.
 */
export interface BatchReport {
  /** Sequence numbers of the records whose effects are not all durable, lowest first. */
  readonly failedSequenceNumbers: readonly string[];
  readonly failures: readonly BatchFailure[];
  readonly foldedCount: number;
  readonly duplicateCount: number;
  readonly redeliveredCount: number;
  /** Dropped, because their customers were erased. */
  readonly erasedCount: number;
  readonly poisonCount: number;
  readonly conflictCount: number;
  /** Identities that a customer had too many of already. */
  readonly refusedIdentityCount: number;
  /** Traits of another type than declared: left out, while their events count. */
  readonly refusedTraits: readonly RefusedTrait[];
  /** Items of the catalogue that were left alone because their stored form is unknown. */
  readonly unreadableItemCount: number;
  /** Per folded event, from its receipt by the collector to its durable write. */
  readonly freshnessMs: readonly number[];
}

interface Part {
  readonly failed: readonly string[];
  readonly failures: readonly BatchFailure[];
}

interface ProfilePart extends Part {
  readonly foldedCount: number;
  readonly duplicateCount: number;
  readonly redeliveredCount: number;
  readonly erasedCount: number;
  readonly conflictCount: number;
  readonly freshnessMs: readonly number[];
  readonly settled: readonly SettledEvent[];
  readonly refused: readonly EventRefusal[];
  readonly refusedTraits: readonly RefusedTrait[];
}

/**
 * Dedupe ▸ resolve identity ▸ fold into profile, for one batch of one shard or partition. Redelivery, a crash at any
 * point and a second consumer of the same records change nothing about the result: see the decision
 * on the exactly-once effect.
 */
export async function enrichBatch(
  ports: EnrichPorts,
  records: readonly StreamRecord[],
): Promise<BatchReport> {
  const { deliveries, poison } = decodeBatch(records);
  const [poisonPart, profilePart, cataloguePart] = await Promise.all([
    keepPoison(ports, poison),
    foldIntoProfiles(ports, deliveries),
    foldIntoCatalogue(ports, deliveries),
  ]);
  if (profilePart.refused.length > 0) await ports.keepRefused(profilePart.refused);
  await noteFates(ports.inspector, profilePart.settled, poison);
  const parts = [poisonPart, profilePart, cataloguePart];
  const { foldedCount, duplicateCount, redeliveredCount, erasedCount, conflictCount, freshnessMs } =
    profilePart;
  return {
    failedSequenceNumbers: [...new Set(parts.flatMap(({ failed }) => failed))].sort(
      compareSequence,
    ),
    failures: parts.flatMap(({ failures }) => failures),
    foldedCount,
    duplicateCount,
    redeliveredCount,
    erasedCount,
    poisonCount: poison.length - poisonPart.failed.length,
    conflictCount,
    refusedIdentityCount: profilePart.refused.length,
    refusedTraits: profilePart.refusedTraits,
    unreadableItemCount: cataloguePart.unreadableCount,
    freshnessMs,
  };
}

/** The events of a batch, in the order of their sequence numbers, and the records that are none. */
function decodeBatch(records: readonly StreamRecord[]) {
  const [deliveries, poison]: [DeliveredEvent[], PoisonRecord[]] = [[], []];
  for (const record of records) {
    const decoded = decodeRecord(record);
    if (decoded.kind === 'event') deliveries.push(decoded.delivered);
    else poison.push(decoded.poison);
  }
  deliveries.sort((a, b) => compareSequence(a.delivery.sequenceNumber, b.delivery.sequenceNumber));
  return { deliveries, poison };
}

async function keepPoison(
  { writePoison }: EnrichPorts,
  poison: readonly PoisonRecord[],
): Promise<Part> {
  const failed: string[] = [];
  const failures: BatchFailure[] = [];
  await inParallel(poison, GROUPS_IN_FLIGHT_MAX, async (record) => {
    try {
      await writePoison(record);
    } catch (error) {
      failed.push(record.sequenceNumber);
      failures.push({ kind: 'poison', error });
    }
  });
  return { failed, failures };
}

async function foldIntoProfiles(
  { profiles, surroundings, traitTypes }: EnrichPorts,
  delivered: readonly DeliveredEvent[],
): Promise<ProfilePart> {
  const none = {
    foldedCount: 0,
    duplicateCount: 0,
    redeliveredCount: 0,
    erasedCount: 0,
    conflictCount: 0,
    freshnessMs: [],
    settled: [],
    refused: [],
    refusedTraits: [],
  };
  let view: StoredView;
  let declared: DeclaredDeliveries;
  try {
    declared = await withDeclaredTraits(delivered, traitTypes);
    view = await loadView(profiles, declared.deliveries);
  } catch (error) {
    return { ...none, failed: sequencesOf(delivered), failures: [{ kind: 'store', error }] };
  }
  const groups = customerGroups(view, declared.deliveries);
  const results = await inParallel(groups, GROUPS_IN_FLIGHT_MAX, async (group) => ({
    group,
    ...(await enrichGroup(profiles, view, group, surroundings)),
  }));
  return { ...profilePartOf(results), refusedTraits: declared.refusedTraits };
}

/** What became of all groups, in one walk. */
function profilePartOf(
  results: readonly (GroupResult & { readonly group: readonly DeliveredEvent[] })[],
): Omit<ProfilePart, 'refusedTraits'> {
  const counts = { folded: 0, duplicate: 0, redelivered: 0, erased: 0 };
  const [failed, freshnessMs]: [string[], number[]] = [[], []];
  for (const { group, settled } of results) {
    for (let index = settled.length; index < group.length; index += 1) {
      failed.push(group[index]?.delivery.sequenceNumber ?? '');
    }
    for (const { event, outcome, atMs } of settled) {
      counts[outcome] += 1;
      if (outcome === 'folded') freshnessMs.push(Math.max(0, atMs - isoTimeMs(event.receivedAt)));
    }
  }
  return {
    failed,
    failures: results.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
    foldedCount: counts.folded,
    duplicateCount: counts.duplicate,
    redeliveredCount: counts.redelivered,
    erasedCount: counts.erased,
    conflictCount: results.reduce((sum, { conflictCount }) => sum + conflictCount, 0),
    refused: results.flatMap(({ refused }) => refused),
    settled: results.flatMap(({ settled }) => settled),
    freshnessMs,
  };
}

async function foldIntoCatalogue(
  { catalogue, entryCache }: EnrichPorts,
  deliveries: readonly DeliveredEvent[],
): Promise<Part & { readonly unreadableCount: number }> {
  const report = await updateCatalogue(catalogue, entryCache, deliveries);
  const { failed, errors, unreadableCount } = report;
  return {
    unreadableCount,
    failed: sequencesOf(failed),
    failures: errors.map((error) => ({ kind: 'catalogue', error })),
  };
}

function sequencesOf(deliveries: readonly DeliveredEvent[]): string[] {
  return deliveries.map(({ delivery }) => delivery.sequenceNumber);
}
