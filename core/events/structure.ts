import type { Issue } from './issue.ts';
import { NESTING_LEVELS_MAX } from './limits.ts';

/**
 * What makes a JSON value unsafe to work on, or nothing: nested so deep that serialising it would
 * exhaust the stack, or with a key `__proto__`, which turns from data into behaviour when an object
 * is copied carelessly.
 */
export function structureIssue(value: unknown): Issue | undefined {
  return inspect(value, 1);
}

function inspect(value: unknown, level: number): Issue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (level > NESTING_LEVELS_MAX) {
    return {
      path: '',
      message: `expected at most ${NESTING_LEVELS_MAX} levels of objects and arrays inside one another; flatten the deepest part`,
    };
  }
  if (Array.isArray(value)) {
    for (const entry of value) {
      const issue = inspect(entry, level + 1);
      if (issue !== undefined) return issue;
    }
    return undefined;
  }
  if (Object.hasOwn(value, '__proto__')) {
    return { path: '__proto__', message: 'a field may not have this name; rename it' };
  }
  for (const key in value) {
    const issue = inspect(Reflect.get(value, key), level + 1);
    if (issue !== undefined) return issue;
  }
  return undefined;
}
