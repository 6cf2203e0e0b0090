/**
 * What a snapshot must satisfy before anything is trained on it. Each expectation has its name, its
 * bound in `snapshotBounds`, and the sentence that an operator reads when it stops the run.
 */
import type { SnapshotFacts } from './snapshot-facts.ts';

export const snapshotBounds = {
  interactionsMin: 100,
  /** Below this nothing about customers can be learnt or measured. */
  customersMin: 10,
  itemsMin: 10,
  /** Room for a training part, a validation day and a test day. */
  spanDaysMin: 3,
  /** Of the interactions read: more unknown items mean that the catalogue feed is broken. */
  unknownItemShareMax: 0.2,
  /** Of the interactions read: more mean that a source's clock or time zone is wrong. */
  futureTimeShareMax: 0.01,
  /** Of the lines read. */
  malformedLineShareMax: 0.01,
  /** Of the catalogue's entries. */
  malformedItemShareMax: 0.01,
  /** Of the lake's files. */
  unreadableFileShareMax: 0.01,
  /** Nothing has arrived for so long: collection has stopped, and training would freeze the past. */
  arrivalAgeDaysMax: 14,
} as const;

export interface Expectation {
  readonly name: string;
  readonly isMet: boolean;
  /** What was observed and what is allowed. */
  readonly message: string;
}

export type QualityVerdict =
  | { readonly passed: true; readonly expectations: readonly Expectation[] }
  | {
      readonly passed: false;
      readonly expectations: readonly Expectation[];
      /** One sentence per expectation that is not met. */
      readonly reasons: readonly string[];
    };

const DAY_MS = 86_400_000;

/** Holds a snapshot's facts against `snapshotBounds`. */
export function checkSnapshot(facts: SnapshotFacts): QualityVerdict {
  const expectations = [
    ...sizeExpectations(facts),
    spanExpectation(facts),
    freshnessExpectation(facts),
    ...shareExpectations(facts),
  ];
  const reasons = expectations
    .filter((expectation) => !expectation.isMet)
    .map(({ name, message }) => `${name}: ${message}`);
  return reasons.length === 0
    ? { passed: true, expectations }
    : { passed: false, expectations, reasons };
}

function sizeExpectations(facts: SnapshotFacts): Expectation[] {
  const { interactionsMin, customersMin, itemsMin } = snapshotBounds;
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

function spanExpectation({ oldest, newest }: SnapshotFacts): Expectation {
  const spanDays =
    oldest === undefined || newest === undefined
      ? 0
      : (Date.parse(newest) - Date.parse(oldest)) / DAY_MS;
  const { spanDaysMin } = snapshotBounds;
  return {
    name: 'time span',
    isMet: spanDays >= spanDaysMin,
    message: `${spanDays.toFixed(1)} days from the oldest interaction to the newest, at least ${spanDaysMin} needed`,
  };
}

function freshnessExpectation({ createdAt, newestReceived }: SnapshotFacts): Expectation {
  const name = 'freshness';
  if (newestReceived === undefined) {
    return { name, isMet: false, message: 'no event has reached the lake' };
  }
  const ageDays = (Date.parse(createdAt) - Date.parse(newestReceived)) / DAY_MS;
  const { arrivalAgeDaysMax } = snapshotBounds;
  return {
    name,
    isMet: ageDays <= arrivalAgeDaysMax,
    message: `the newest event arrived ${ageDays.toFixed(1)} days ago, at most ${arrivalAgeDaysMax} allowed`,
  };
}

function shareExpectations(facts: SnapshotFacts): Expectation[] {
  const { unknownItem, futureTime, malformedLine, unreadableFile } = facts.dropped;
  const read = interactionCount(facts) + unknownItem + futureTime;
  const catalogue = facts.items + facts.malformedItems;
  const bounds = snapshotBounds;
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

function interactionCount({ interactions }: SnapshotFacts): number {
  return Object.values(interactions).reduce((sum, kind) => sum + kind, 0);
}
