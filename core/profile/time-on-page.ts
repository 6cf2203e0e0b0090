import * as z from 'zod';
import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import { numberOf } from './untyped-value.ts';

/**
 * How long a customer looked at pages, as the pages' own scripts measured it: the property `duration`, in
 * seconds, of `Page Left`, `Product Viewed` or a `page` call. Where none is said nothing is guessed: the time
 * to the next page's event can't be told from a pause, and would depend on the order in which events come.
 */

/** A page that stays open longer is a forgotten tab: it counts as so long. */
export const PAGE_SECONDS_MAX = 1_800;

/** Seconds in all, and over how many pages. */
export const timeOnPage = z.tuple([z.number(), z.number()]).readonly();
export type TimeOnPage = z.infer<typeof timeOnPage>;

const timedEvents: ReadonlySet<string> = new Set(['Page Left', 'Product Viewed']);
/** The events that can tell a time; see ProfilePart.hears. */
export const timeOnPageEvents: readonly string[] = ['(page)', ...timedEvents];

export function timeOnPageOf(event: CollectedEvent): TimeOnPage | undefined {
  const isTimed =
    event.type === 'page' || (event.type === 'track' && timedEvents.has(event.event ?? ''));
  if (!isTimed) return undefined;
  const seconds = numberOf(event.properties?.duration);
  if (seconds === undefined || seconds <= 0 || isMadeByBot(event.context)) return undefined;
  return [Math.round(Math.min(seconds, PAGE_SECONDS_MAX)), 1];
}

/** Sums of whole seconds: exact in any order. */
export function combineTimeOnPage(a: TimeOnPage, b: TimeOnPage): TimeOnPage {
  return [a[0] + b[0], a[1] + b[1]];
}
