/**
 * What a snapshot must satisfy before anything is trained on it. Each expectation has its name, its
 * bound in the document of expectations, and the sentence that an operator reads when it stops the run.
 */
import * as z from 'zod';
import { medianOf } from './robust-statistics.ts';
import type { SnapshotFacts } from './snapshot-facts.ts';

const share = z.number().min(0).max(1);
const least = z.int().nonnegative();

/** The shop's document, kind `snapshot` of the config table; what it leaves out is as shipped. */
export const snapshotBounds = z.strictObject({
  interactionsMin: least.default(100),
  /** Below this nothing about customers can be learnt or measured. */
  customersMin: least.default(10),
  itemsMin: least.default(10),
  /** Room for a training part, a validation day and a test day. */
  spanDaysMin: z.number().nonnegative().default(3),
  /** Of the interactions read: more unknown items mean that the catalogue feed is broken. */
  unknownItemShareMax: share.default(0.2),
  /** Of the interactions read: more mean that a source's clock or time zone is wrong. */
  futureTimeShareMax: share.default(0.01),
  /** Of the lines read. */
  malformedLineShareMax: share.default(0.01),
  /** Of the catalogue's entries. */
  malformedItemShareMax: share.default(0.01),
  /** Of the lake's files. */
  unreadableFileShareMax: share.default(0.01),
  /** Nothing has arrived for so long: collection has stopped, and training would freeze the past. */
  arrivalAgeDaysMax: z.number().positive().default(14),
  /** How much smaller than the median of the snapshots before it may be, in interactions, customers and items. */
  shrinkShareMax: share.default(0.3),
  /** And how many times larger: events that come twice under new ids look like a very good day. */
  growthFactorMax: z.number().min(1).default(10),
  /** With fewer snapshots before it nothing is compared. */
  trailingMin: z.int().positive().default(3),
  /** The nightly audit's stop counts for so long; 0: it is not asked. */
  auditAgeDaysMax: z.number().nonnegative().default(7),
});
export type SnapshotBounds = Readonly<z.infer<typeof snapshotBounds>>;

export const shippedBounds: SnapshotBounds = snapshotBounds.parse({});

/** Snapshots before it that are looked at. */
export const TRAILING_MAX = 7;

/** What became of an expectation; the snapshot's manifest keeps it. */
export const snapshotCheck = z.strictObject({
  name: z.string(),
  isMet: z.boolean(),
  /** What was observed and what is allowed. */
  message: z.string(),
});
export type Expectation = Readonly<z.infer<typeof snapshotCheck>>;

export type QualityVerdict =
  | { readonly passed: true; readonly expectations: readonly Expectation[] }
  | {
      readonly passed: false;
      readonly expectations: readonly Expectation[];
      /** One sentence per expectation that is not met. */
      readonly reasons: readonly string[];
    };

const DAY_MS = 86_400_000;

/** Holds a snapshot's facts against the bounds, and against those of the snapshots before it. */
export function checkSnapshot(
  facts: SnapshotFacts,
  bounds: SnapshotBounds = shippedBounds,
  trailing: readonly SnapshotFacts[] = [],
): QualityVerdict {
  const expectations = [
    ...sizeExpectations(facts, bounds),
    spanExpectation(facts, bounds),
    freshnessExpectation(facts, bounds),
    ...shareExpectations(facts, bounds),
    ...volumeExpectations(facts, bounds, trailing),
  ];
  const reasons = expectations
    .filter((expectation) => !expectation.isMet)
    .map(({ name, message }) => `${name}: ${message}`);
  return reasons.length === 0
    ? { passed: true, expectations }
    : { passed: false, expectations, reasons };
}

function sizeExpectations(
  facts: SnapshotFacts,
  { interactionsMin, customersMin, itemsMin }: SnapshotBounds,
): Expectation[] {
  const atLeast = (name: string, observed: number, minimum: number, what: string) => ({
    name,
    isMet: observed >= minimum,
    message: `${observed} ${what}, at least ${minimum} needed`,
  });
  return [
    atLeast('interactions', interactionCount(facts), interactionsMin, 'with known items'),
    atLeast('customers', facts.customers, customersMin, 'with an interaction'),
    atLeast('items', facts.itemsWithInteractions, itemsMin, 'with an interaction'),
    atLeast('purchases', facts.interactions.purchase, 1, 'to learn from and to predict'),
  ];
}

function spanExpectation(
  { oldest, newest }: SnapshotFacts,
  { spanDaysMin }: SnapshotBounds,
): Expectation {
  const spanDays =
    oldest === undefined || newest === undefined
      ? 0
      : (Date.parse(newest) - Date.parse(oldest)) / DAY_MS;
  return {
    name: 'time span',
    isMet: spanDays >= spanDaysMin,
    message: `${spanDays.toFixed(1)} days from the oldest interaction to the newest, at least ${spanDaysMin} needed`,
  };
}

function freshnessExpectation(
  { createdAt, newestReceived }: SnapshotFacts,
  { arrivalAgeDaysMax }: SnapshotBounds,
): Expectation {
  const name = 'freshness';
  if (newestReceived === undefined) {
    return { name, isMet: false, message: 'no event has reached the lake' };
  }
  const ageDays = (Date.parse(createdAt) - Date.parse(newestReceived)) / DAY_MS;
  return {
    name,
    isMet: ageDays <= arrivalAgeDaysMax,
    message: `the newest event arrived ${ageDays.toFixed(1)} days ago, at most ${arrivalAgeDaysMax} allowed`,
  };
}

function shareExpectations(facts: SnapshotFacts, bounds: SnapshotBounds): Expectation[] {
  const { unknownItem, futureTime, malformedLine, unreadableFile } = facts.dropped;
  const read = interactionCount(facts) + unknownItem + futureTime;
  const catalogue = facts.items + facts.malformedItems;
  const atMost = (name: string, share: [number, number], shareMax: number, what: string) => ({
    name,
    isMet: share[0] <= shareMax * share[1],
    message: `${share[0]} of ${share[1]} ${what}, at most ${shareMax * 100} % allowed`,
  });
  return [
    atMost(
      'unknown items',
      [unknownItem, read],
      bounds.unknownItemShareMax,
      'interactions are with items that the catalogue does not know',
    ),
    atMost(
      'future times',
      [futureTime, read],
      bounds.futureTimeShareMax,
      'interactions claim a time in the future (a source’s clock or time zone is wrong)',
    ),
    atMost(
      'malformed lines',
      [malformedLine, facts.lines],
      bounds.malformedLineShareMax,
      'lines of the lake are not events',
    ),
    atMost(
      'malformed items',
      [facts.malformedItems, catalogue],
      bounds.malformedItemShareMax,
      'catalogue entries are not items (a price that is no number, a missing field)',
    ),
    atMost(
      'unreadable files',
      [unreadableFile, facts.files],
      bounds.unreadableFileShareMax,
      'files of the lake cannot be unpacked',
    ),
  ];
}

/** A shop changes by a few per cent from night to night; what changes more is the data, not the shop. */
function volumeExpectations(
  facts: SnapshotFacts,
  { shrinkShareMax, growthFactorMax, trailingMin }: SnapshotBounds,
  trailing: readonly SnapshotFacts[],
): Expectation[] {
  const volumes: [string, (of: SnapshotFacts) => number][] = [
    ['interactions', interactionCount],
    ['customers', ({ customers }) => customers],
    ['items', ({ items }) => items],
  ];
  return volumes.map(([what, volumeOf]) => {
    const name = `volume of ${what}`;
    if (trailing.length < trailingMin) {
      const message = `${trailing.length} earlier snapshots, ${trailingMin} needed to compare with`;
      return { name, isMet: true, message };
    }
    const [observed, usual] = [volumeOf(facts), medianOf(trailing.map(volumeOf))];
    const [low, high] = [usual * (1 - shrinkShareMax), usual * growthFactorMax];
    return {
      name,
      isMet: observed >= low && observed <= high,
      message: `${observed} where the last ${trailing.length} snapshots had ${usual}, ${Math.ceil(low)} to ${Math.floor(high)} allowed`,
    };
  });
}

function interactionCount({ interactions }: SnapshotFacts): number {
  return Object.values(interactions).reduce((sum, kind) => sum + kind, 0);
}
