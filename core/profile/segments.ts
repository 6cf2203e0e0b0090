import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';
import type { Profile } from './profile.ts';
import { type SegmentMoment, segmentFieldOf } from './segment-field.ts';

/**
 * A segment: a group of customers, described by a document and not stored with anybody. Whether a
 * customer belongs to it is worked out where it is asked, so that a changed document holds at once, and
 * time alone can move a customer in or out.
 */
export const SEGMENT_SCHEMA_VERSION = 1;

/** Conditions inside one another; what a person can follow has three levels. */
const LEVELS_MAX = 8;
/** Conditions next to one another, and values to choose from. */
const LIST_MAX = 100;

const value = z.union([z.string(), z.number(), z.boolean()]);

/** One of `all`, `any`, `not`, or a `field` with one comparison. */
const condition = z.strictObject({
  get all() {
    return z.array(condition).min(1).max(LIST_MAX).optional();
  },
  get any() {
    return z.array(condition).min(1).max(LIST_MAX).optional();
  },
  get not() {
    return condition.optional();
  },
  field: z.string().optional(),
  is: value.optional(),
  in: z.array(value).min(1).max(LIST_MAX).optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  /** Whether anything is known. */
  exists: z.boolean().optional(),
});
export type Condition = z.infer<typeof condition>;

export const segment = z
  .strictObject({
    schemaVersion: z.literal(SEGMENT_SCHEMA_VERSION),
    segmentId: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, {
      error: 'must be lower-case letters, digits and hyphens, e.g. "loyal-customers"',
    }),
    description: z.string().max(500).optional(),
    when: condition,
  })
  .superRefine((document, context) => {
    for (const { path, message } of problemsIn(document.when, ['when'])) {
      context.addIssue({ code: 'custom', path, message });
    }
  });
export type Segment = z.infer<typeof segment>;

/** The ids of the segments that a customer belongs to at a moment, in the order of the documents. */
export function segmentsOf(
  profile: Profile,
  segments: readonly Segment[],
  moment: SegmentMoment,
): string[] {
  return segments
    .filter(({ when }) => holds(when, profile, moment))
    .map(({ segmentId }) => segmentId);
}

function holds(when: Condition, profile: Profile, moment: SegmentMoment): boolean {
  if (when.all !== undefined) return when.all.every((each) => holds(each, profile, moment));
  if (when.any !== undefined) return when.any.some((each) => holds(each, profile, moment));
  if (when.not !== undefined) return !holds(when.not, profile, moment);
  const found = segmentFieldOf(when.field ?? '')?.(profile, moment);
  return isMet(when, found);
}

/** What is not known meets no comparison but `exists: false`. */
function isMet({ is, in: choices, atLeast, atMost, exists }: Condition, found: unknown): boolean {
  const isKnown = found !== undefined && found !== null;
  if (exists !== undefined) return exists === isKnown;
  if (!isKnown) return false;
  if (is !== undefined) return isSame(found, is);
  if (choices !== undefined) return choices.some((choice) => isSame(found, choice));
  if (typeof found !== 'number') return false;
  return found >= (atLeast ?? found) && found <= (atMost ?? found);
}

/** Of a list of choices one is enough. */
function isSame(found: unknown, wanted: string | number | boolean): boolean {
  if (Array.isArray(found)) return found.some((each) => each === wanted);
  return canonicalJson(found) === canonicalJson(wanted);
}

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

function problemsIn(when: Condition, path: (string | number)[]): Problem[] {
  if (path.length > 2 * LEVELS_MAX) {
    return [{ path, message: `more than ${LEVELS_MAX} levels of conditions; make it flatter` }];
  }
  const forms = (['all', 'any', 'not', 'field'] as const).filter(
    (name) => when[name] !== undefined,
  );
  if (forms.length !== 1) {
    return [{ path, message: 'must have exactly one of all, any, not and field' }];
  }
  return [
    ...comparisonProblems(when, path),
    ...(when.all ?? []).flatMap((each, index) => problemsIn(each, [...path, 'all', index])),
    ...(when.any ?? []).flatMap((each, index) => problemsIn(each, [...path, 'any', index])),
    ...(when.not === undefined ? [] : problemsIn(when.not, [...path, 'not'])),
  ];
}

function comparisonProblems(when: Condition, path: (string | number)[]): Problem[] {
  const { field, is, in: choices, atLeast, atMost, exists } = when;
  const isRange = atLeast !== undefined || atMost !== undefined;
  const count =
    [is, choices, exists].filter((each) => each !== undefined).length + (isRange ? 1 : 0);
  if (field === undefined) {
    if (count === 0) return [];
    return [{ path, message: 'a comparison belongs beside a field' }];
  }
  if (segmentFieldOf(field) === undefined) {
    const message =
      'there is no such field; docs/reference/profile.md lists those that a segment can ask for';
    return [{ path: [...path, 'field'], message }];
  }
  if (count === 1) return [];
  return [
    { path, message: 'needs exactly one of is, in, exists, and atLeast with or without atMost' },
  ];
}
