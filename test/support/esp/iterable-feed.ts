import Handlebars from 'handlebars';
import * as z from 'zod';

/**
 * A template of Iterable with a data feed, merged with the user's fields, as Iterable documents it:
 *
 * - a GET that is answered within ten seconds, or tried again:
 *   https://support.iterable.com/hc/en-us/articles/45728211053332-Creating-a-Data-Feed-Web-Service
 * - whose answer is anything but 200, or none after five tries: the message is skipped:
 *   https://support.iterable.com/hc/en-us/articles/360021169631-Send-Skips
 * - `{{ }}` reads the feed under its alias where "Merge the data feed and user contexts" is on, and the user's field
 *   wins: https://support.iterable.com/hc/en-us/articles/39206002278932
 *
 * Iterable runs a Handlebars of its own; the kit uses what is in both: `if`, `else`, `each`, paths, two and three braces.
 */
const TRIES_MAX = 5;

/** A message that Iterable doesn't send; the name is its reason. */
export class SendSkipped extends Error {}

export interface IterableFeed {
  /** The address with the user's fields in it. */
  readonly url: string;
  readonly alias: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Iterable's ten seconds. */
  readonly waitMsMax: number;
}

const feedAnswer = z.record(z.string(), z.unknown());

export async function iterableMessage(
  template: string,
  user: Readonly<Record<string, string>>,
  feed: IterableFeed,
): Promise<string> {
  // A field in an address stands there as it is.
  const url = Handlebars.compile(feed.url, { noEscape: true })(user);
  const answer = feedAnswer.parse(JSON.parse(await answerOf(url, feed)));
  return Handlebars.compile(template, { strict: false })({ [feed.alias]: answer, ...user });
}

async function answerOf(url: string, { headers, waitMsMax }: IterableFeed): Promise<string> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      const signal = AbortSignal.timeout(waitMsMax);
      const response = await fetch(url, { headers, signal });
      const text = await response.text();
      if (response.status === 200) return text;
      throw new SendSkipped('DataFeedError');
    } catch (error) {
      if (error instanceof SendSkipped) throw error;
    }
  }
  throw new SendSkipped('RetriesExhaustedError');
}
