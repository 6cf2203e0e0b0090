import type { InteractionKind, RecentInteraction } from './profile.ts';
import type { StoredForm } from './profile-parts.ts';

/** One letter per kind; never used again for another. */
const letters: Readonly<Record<InteractionKind, string>> = {
  view: 'v',
  cart: 'c',
  uncart: 'u',
  purchase: 'p',
};
const kindOfLetter: ReadonlyMap<string, InteractionKind> = new Map([
  ['v', 'view'],
  ['c', 'cart'],
  ['u', 'uncart'],
  ['p', 'purchase'],
]);

/**
 * Recent interactions, each one text `<letter><milliseconds>.<item>`: the time of the first, and by how
 * much each next one is older, in base 36. Within a visit that is four digits.
 */
export const recentForm: StoredForm<readonly RecentInteraction[]> & {
  readonly decode: (stored: unknown) => RecentInteraction[] | undefined;
} = {
  encode: (recent) => {
    let newerMs = 0;
    return recent.map(({ itemId, kind, timeMs }, index) => {
      const number = index === 0 ? timeMs : newerMs - timeMs;
      newerMs = timeMs;
      return `${letters[kind]}${number === 0 ? '' : number.toString(36)}.${itemId}`;
    });
  },
  decode: (stored) => {
    if (!Array.isArray(stored)) return undefined;
    const recent: RecentInteraction[] = [];
    let newerMs = 0;
    for (const text of stored) {
      if (typeof text !== 'string') return undefined;
      const kind = kindOfLetter.get(text.charAt(0));
      const point = text.indexOf('.');
      const number = point === 1 ? 0 : Number.parseInt(text.slice(1, point), 36);
      if (kind === undefined || point < 1 || !Number.isSafeInteger(number)) return undefined;
      newerMs = recent.length === 0 ? number : newerMs - number;
      recent.push({ itemId: text.slice(point + 1), kind, timeMs: newerMs });
    }
    return recent;
  },
};
