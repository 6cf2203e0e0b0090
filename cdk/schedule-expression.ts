import * as z from 'zod';

/** EventBridge Scheduler's own grammar, `cron(…)` with six fields or `rate(n unit)`. */
export const scheduleExpression = z
  .string()
  .regex(/^(cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minute|hour|day)s?\))$/, {
    error: 'must be cron(minutes hours day month weekday year) or rate(n minutes|hours|days)',
  });
