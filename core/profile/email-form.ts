import type { EmailEngagement } from './email-engagement.ts';
import type { StoredForm } from './profile-parts.ts';

/** Counts and times in a row, 0 for what never was, without the zeros at the end. */
export const emailForm: StoredForm<EmailEngagement> = {
  encode: ({ openCount, clickCount, ...more }) => {
    const { sentCount = 0, deliveredCount = 0, lastOpenMs = 0, lastClickMs = 0 } = more;
    const all = [openCount, clickCount, sentCount, deliveredCount, lastOpenMs, lastClickMs];
    return all.slice(0, all.findLastIndex((number) => number !== 0) + 1);
  },
  decode: (stored) => {
    if (!Array.isArray(stored) || !stored.every((number) => typeof number === 'number')) {
      return undefined;
    }
    const [openCount = 0, clickCount = 0, sent = 0, delivered = 0, open = 0, click = 0] = stored;
    return {
      openCount,
      clickCount,
      ...(sent > 0 && { sentCount: sent }),
      ...(delivered > 0 && { deliveredCount: delivered }),
      ...(open > 0 && { lastOpenMs: open }),
      ...(click > 0 && { lastClickMs: click }),
    };
  },
};
