/**
 * Metric math, as far as alarms need it: + − × ÷, parentheses, numbers, ids of other metrics, and
 * FILL(id, number). A missing value makes the result missing. Anything else is refused.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @throws Error naming what is not understood, whatever the values are
 */
export function evaluateExpression(
  expression: string,
  valueOf: (id: string) => number | undefined,
): number | undefined {
  const tokens = expression.match(/\d+(?:\.\d+)?|[A-Za-z_]\w*|[-+*/(),]|\S/gu) ?? [];
  let position = 0;

  const addition = (): number | undefined => {
    let left = product();
    while (tokens[position] === '+' || tokens[position] === '-') {
      const operator = tokens[position];
      position += 1;
      const right = product();
      left = combine(left, right, (a, b) => (operator === '+' ? a + b : a - b));
    }
    return left;
  };
  const product = (): number | undefined => {
    let left = atom();
    while (tokens[position] === '*' || tokens[position] === '/') {
      const operator = tokens[position];
      position += 1;
      const right = atom();
      left = combine(left, right, (a, b) => (operator === '*' ? a * b : a / b));
    }
    return left;
  };
  const atom = (): number | undefined => {
    const token = tokens[position] ?? '';
    position += 1;
    if (token === '(') {
      const inner = addition();
      expect(')');
      return inner;
    }
    if (token === 'FILL' && tokens[position] === '(') return filled();
    if (/^\d/u.test(token)) return Number(token);
    if (/^[A-Za-z_]/u.test(token) && tokens[position] !== '(') return valueOf(token);
    throw refused(expression, `"${token}" is not understood`);
  };

  const filled = (): number | undefined => {
    expect('(');
    const value = addition();
    expect(',');
    const replacement = addition();
    expect(')');
    return value ?? replacement;
  };
  const expect = (token: string): void => {
    if (tokens[position] !== token) throw refused(expression, `"${token}" is missing`);
    position += 1;
  };

  const result = addition();
  if (position < tokens.length)
    throw refused(expression, `"${tokens[position]}" is not understood`);
  return result;
}

function combine(
  left: number | undefined,
  right: number | undefined,
  operation: (a: number, b: number) => number,
): number | undefined {
  return left === undefined || right === undefined ? undefined : operation(left, right);
}

function refused(expression: string, reason: string): Error {
  return new Error(`The local CloudWatch cannot evaluate "${expression}": ${reason}`);
}
