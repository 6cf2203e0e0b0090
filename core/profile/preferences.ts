import * as z from 'zod';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { canonicalJson } from './canonical-json.ts';
import { latestStatements, newestStatements, type Statements, statementOf } from './statement.ts';
import { fieldsOf, textOf } from './untyped-value.ts';

/** Answers kept of one customer: a preference centre has a dozen questions, a survey a few. */
export const PREFERENCES_MAX = 32;
/** Of an answer's JSON: a choice or a list of choices. Free text that is longer stays in the lake. */
export const PREFERENCE_BYTES_MAX = 256;
export const PREFERENCE_NAME_LENGTH_MAX = 64;

/** The events that hold answers; see ProfilePart.hears. */
export const preferenceEvents: readonly string[] = [
  '(identify)',
  'Preferences Updated',
  'Survey Answered',
];

const answer = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);
type Answer = z.infer<typeof answer>;

/** Latest answer by question: `<name>` of the preference centre, `<survey>/<question>` of a survey. */
export const preferences = z.record(z.string(), statementOf(answer));
export type Preferences = Statements<Answer>;

/**
 * What a customer states about likes and wishes: `properties.preferences` of `Preferences Updated`, the
 * answers of `Survey Answered`, or the trait `preferences` of an identify. Undefined where an event states none.
 */
export function preferencesOf(event: CollectedEvent): Preferences | undefined {
  const timeMs = happenedAtMs(event);
  const kept = answersIn(event).flatMap(([name, value]): [string, Preferences[string]][] => {
    const question = textOf(name, PREFERENCE_NAME_LENGTH_MAX);
    const parsed = answer.safeParse(value);
    if (question === undefined || question === '__proto__' || !parsed.success) return [];
    if (Buffer.byteLength(canonicalJson(parsed.data)) > PREFERENCE_BYTES_MAX) return [];
    return [[question, [parsed.data, timeMs, event.source]]];
  });
  if (kept.length === 0) return undefined;
  return kept.map((entry): Preferences => Object.fromEntries([entry])).reduce(combinePreferences);
}

/** The latest answer to each question, the PREFERENCES_MAX latest of them. */
export function combinePreferences(a: Preferences, b: Preferences): Preferences {
  return newestStatements(latestStatements(a, b), PREFERENCES_MAX);
}

function answersIn({ type, event, properties, traits }: CollectedEvent): [string, unknown][] {
  if (type === 'identify') return Object.entries(fieldsOf(traits?.preferences));
  if (type !== 'track') return [];
  if (event === 'Preferences Updated') return Object.entries(fieldsOf(properties?.preferences));
  return event === 'Survey Answered' ? surveyAnswersIn(fieldsOf(properties)) : [];
}

function surveyAnswersIn(properties: Readonly<Record<string, unknown>>): [string, unknown][] {
  const survey = textOf(properties.survey_id, PREFERENCE_NAME_LENGTH_MAX);
  const { answers } = properties;
  if (survey === undefined || !Array.isArray(answers)) return [];
  return answers.map(fieldsOf).flatMap(({ question_id, answer: given }): [string, unknown][] => {
    const question = textOf(question_id, PREFERENCE_NAME_LENGTH_MAX);
    return question === undefined ? [] : [[`${survey}/${question}`, given]];
  });
}
