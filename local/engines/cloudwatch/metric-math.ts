/**
 * Metric math as far as alarms need it: + - * /, comparisons, parentheses, IF and FILL over the
 * series of other queries. Anything else is refused when the expression is parsed.
 */

/** One number per period, undefined where there is none. */
export type Points = readonly (number | undefined)[];
type Operand = number | Points;

export interface Expression {
  /** The ids of the queries that it reads. */
  readonly reads: readonly string[];
  readonly evaluate: (series: ReadonlyMap<string, Points>) => Operand;
}

export class ExpressionRefused extends Error {}

type Evaluate = Expression['evaluate'];
type Binary = (left: number, right: number) => number;

/** Loosest first; operators of one level bind to the left. A division by zero gives no point, as in CloudWatch. */
const levels: readonly Readonly<Record<string, Binary>>[] = [
  {
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '==': (a, b) => Number(a === b),
    '!=': (a, b) => Number(a !== b),
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => (b === 0 ? Number.NaN : a / b) },
];

const TOKEN = /\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z]\w*|<=|>=|==|!=|[-+*/()<>,])/y;

/** Parses an expression; throws ExpressionRefused with the place of what isn't implemented. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text);
  const evaluate = parser.whole();
  return { reads: [...parser.reads], evaluate };
}

class Parser {
  readonly reads = new Set<string>();
  readonly #text: string;
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  whole(): Evaluate {
    const evaluate = this.#binary(0);
    const rest = this.#peek();
    if (rest !== undefined) this.#refuse(`"${rest}" is out of place`);
    return evaluate;
  }

  #binary(level: number): Evaluate {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const token = this.#peek() ?? '';
      const operator = Object.hasOwn(operators, token) ? operators[token] : undefined;
      if (operator === undefined) return left;
      this.#next += 1;
      const [a, b] = [left, this.#binary(level + 1)];
      left = (series) => pointwise(operator, a(series), b(series));
    }
  }

  #unary(): Evaluate {
    if (this.#peek() !== '-') return this.#primary();
    this.#next += 1;
    const operand = this.#unary();
    return (series) => pointwise((zero, value) => zero - value, 0, operand(series));
  }

  #primary(): Evaluate {
    const token = this.#take();
    if (token === '(') {
      const inner = this.#binary(0);
      this.#expect(')');
      return inner;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (this.#peek() === '(') return this.#call(token);
    // CloudWatch's own rule for an id; it also keeps functions and ids apart.
    if (!/^[a-z]\w*$/.test(token)) this.#refuse(`"${token}" is no id of a query`);
    this.reads.add(token);
    return (series) => series.get(token) ?? [];
  }

  #call(name: string): Evaluate {
    this.#expect('(');
    if (name === 'IF') {
      const condition = this.#binary(0);
      this.#expect(',');
      const yes = this.#binary(0);
      this.#expect(',');
      const no = this.#binary(0);
      this.#expect(')');
      return (series) => choose(condition(series), yes(series), no(series));
    }
    if (name === 'FILL') {
      const operand = this.#binary(0);
      this.#expect(',');
      const filling = this.#take();
      if (filling !== 'REPEAT' && filling !== 'LINEAR' && !/^\d/.test(filling)) {
        this.#refuse('FILL takes a number ≥ 0, REPEAT or LINEAR');
      }
      this.#expect(')');
      return (series) => fill(operand(series), filling);
    }
    return this.#refuse(`the function ${name} isn't implemented locally; IF and FILL are`);
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #take(): string {
    const token = this.#peek();
    if (token === undefined) this.#refuse('it ends too early');
    this.#next += 1;
    return token;
  }

  #expect(wanted: string): void {
    const token = this.#take();
    if (token !== wanted) this.#refuse(`"${wanted}" was expected where "${token}" stands`);
  }

  #refuse(why: string): never {
    throw new ExpressionRefused(`The expression "${this.#text}" can't be evaluated: ${why}.`);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const source = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(source)?.[1];
    if (token === undefined) {
      throw new ExpressionRefused(
        `The expression "${text}" can't be evaluated: "${source.slice(from)}" isn't implemented.`,
      );
    }
    tokens.push(token);
  }
  return tokens;
}

function at(operand: Operand, index: number): number | undefined {
  return typeof operand === 'number' ? operand : operand[index];
}

function lengthOf(...operands: readonly Operand[]): number | undefined {
  return operands.find((operand) => typeof operand !== 'number')?.length;
}

/** Series against series or number, period by period; where one is missing the result is missing. */
function pointwise(apply: Binary, left: Operand, right: Operand): Operand {
  const length = lengthOf(left, right);
  const point = (index: number) => {
    const [a, b] = [at(left, index), at(right, index)];
    const value = a === undefined || b === undefined ? Number.NaN : apply(a, b);
    return Number.isNaN(value) ? undefined : value;
  };
  if (length === undefined) return point(0) ?? Number.NaN;
  return Array.from({ length }, (_, index) => point(index));
}

function choose(condition: Operand, yes: Operand, no: Operand): Operand {
  const length = lengthOf(condition, yes, no);
  const point = (index: number) => {
    const holds = at(condition, index);
    return holds === undefined ? undefined : at(holds === 0 ? no : yes, index);
  };
  if (length === undefined) return point(0) ?? Number.NaN;
  return Array.from({ length }, (_, index) => point(index));
}

/** FILL can't fill a series that has no point at all: as in CloudWatch, it then stays empty. */
function fill(operand: Operand, filling: string): Operand {
  if (typeof operand === 'number' || operand.every((point) => point === undefined)) return operand;
  return operand.map((point, index) => {
    if (point !== undefined) return point;
    if (filling !== 'REPEAT' && filling !== 'LINEAR') return Number(filling);
    const before = operand.findLastIndex((value, i) => i < index && value !== undefined);
    const left = operand[before];
    if (left === undefined || filling === 'REPEAT') return left;
    const after = operand.findIndex((value, i) => i > index && value !== undefined);
    const right = operand[after];
    if (right === undefined) return undefined;
    return left + ((right - left) * (index - before)) / (after - before);
  });
}
