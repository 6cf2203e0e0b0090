import * as z from 'zod';
import type { EventDefinition } from '../event-definition.ts';
import { id, optionalCount, optionalText } from '../field.ts';

/** An answer: a choice, a number, yes or no, or a list of choices. */
const answer = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())], {
  error: 'expected a text, a number, true or false, or a list of texts',
});

/**
 * What customers state about themselves, in a preference centre or a survey. Of ours: no specification has
 * these events.
 */
export const statementEvents: readonly EventDefinition[] = [
  {
    name: 'Preferences Updated',
    family: 'profile',
    version: 1,
    properties: z.looseObject({
      preferences: z.record(z.string(), answer.nullable()).nullish(),
      consent: z
        .union([z.boolean(), z.looseObject({})], {
          error: 'expected true or false, or an object of channels and purposes',
        })
        .nullish(),
    }),
  },
  {
    name: 'Survey Answered',
    family: 'profile',
    version: 1,
    properties: z.looseObject({
      survey_id: id,
      answers: z.array(z.looseObject({ question_id: id, answer: answer.nullish() })),
    }),
  },
];

/** What pages measure themselves. Of ours. */
export const pageEvents: readonly EventDefinition[] = [
  {
    name: 'Page Left',
    family: 'page',
    version: 1,
    properties: z.looseObject({
      /** Seconds that the page was looked at. */
      duration: optionalCount,
      path: optionalText,
      url: optionalText,
    }),
  },
];

/** What Kindred says itself: a cart that was left, items that a mail was given. Of ours. */
export const ownEvents: readonly EventDefinition[] = [
  {
    name: 'Cart Abandoned',
    family: 'custom',
    version: 1,
    properties: z.looseObject({
      cart_changed_at: optionalText,
      products: z.array(z.looseObject({ product_id: id })).nullish(),
    }),
  },
  {
    name: 'Recommendations Served',
    family: 'custom',
    version: 1,
    properties: z.looseObject({
      placement: optionalText,
      products: z.array(z.looseObject({ product_id: id })).nullish(),
    }),
  },
];
