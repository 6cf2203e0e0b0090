/**
 * Event patterns of EventBridge: exact values, prefixes, suffixes and wildcards; any other matcher is
 * refused. Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export type EventPattern = (event: unknown) => boolean;

/** @throws Error naming the place of what isn't built. */
export function compileEventPattern(pattern: unknown): EventPattern {
  if (!isObject(pattern) || Object.keys(pattern).length === 0) {
    throw new Error('an event pattern is an object with one field at least');
  }
  return fieldsMatcher(pattern, '');
}

type Match = (value: unknown) => boolean;

function fieldsMatcher(pattern: Readonly<Record<string, unknown>>, path: string): Match {
  const fields = Object.entries(pattern).map(([name, expected]): [string, Match] => {
    const place = path === '' ? name : `${path}.${name}`;
    if (Array.isArray(expected)) return [name, anyOf(expected, place)];
    if (isObject(expected)) return [name, fieldsMatcher(expected, place)];
    throw new Error(`${place} must be a list of values or an object`);
  });
  return (value) =>
    isObject(value) &&
    fields.every(([name, matches]) => Object.hasOwn(value, name) && matches(value[name]));
}

function anyOf(expected: readonly unknown[], place: string): Match {
  const matchers = expected.map((one) => matcherOf(one, place));
  return (value) =>
    Array.isArray(value)
      ? value.some((entry) => matchers.some((matches) => matches(entry)))
      : matchers.some((matches) => matches(value));
}

function matcherOf(expected: unknown, place: string): Match {
  if (!isObject(expected)) return (value) => value === expected;
  const [[operator, operand] = [], ...others] = Object.entries(expected);
  if (others.length === 0 && typeof operand === 'string') {
    switch (operator) {
      case 'prefix':
        return (value) => typeof value === 'string' && value.startsWith(operand);
      case 'suffix':
        return (value) => typeof value === 'string' && value.endsWith(operand);
      case 'wildcard': {
        const parts = operand.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
        const expression = new RegExp(`^${parts.join('.*')}$`, 's');
        return (value) => typeof value === 'string' && expression.test(value);
      }
    }
  }
  throw new Error(
    `${place}: the local cloud knows exact values, prefix, suffix and wildcard, not ${JSON.stringify(expected)}`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
