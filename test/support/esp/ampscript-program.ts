const TOKEN = /\s*("[^"]*"|'[^']*'|@\w+|\d+(?:\.\d+)?|[A-Za-z_]\w*|[=!<>]=|[<>=(),])/y;
const STATEMENTS = ['SET', 'IF', 'ELSEIF', 'ELSE', 'ENDIF', 'FOR', 'NEXT'];
const WORDS: Readonly<Record<string, string>> = {
  AND: '&&',
  OR: '||',
  NOT: '!',
  TRUE: 'true',
  FALSE: 'false',
};
/** Functions whose argument at this place, from 0, is a variable that they set. */
const OUTPUTS: Readonly<Record<string, number>> = { httpget: 3 };

/**
 * AMPscript as JavaScript over `variables`, `attributes`, `functions` and `write`: `SET`, `IF`, `FOR`, calls,
 * comparisons and what is written between and by the blocks.
 * https://developer.salesforce.com/docs/marketing/marketing-cloud-ampscript/guide/mc-ampscript-guide-syntax.html
 */
export function ampscriptProgram(source: string, functions: readonly string[]): string {
  const parts = source.split(/(%%\[[\s\S]*?\]%%|%%=[\s\S]*?=%%)/);
  const program = parts.map((part) => {
    if (part.startsWith('%%[')) return new Translation(part.slice(3, -3), functions).statements();
    if (part.startsWith('%%='))
      return `write(${new Translation(part.slice(3, -3), functions).expression()});`;
    return `write(${JSON.stringify(part)});`;
  });
  return program.join('\n');
}

class Translation {
  readonly #tokens: readonly string[];
  readonly #functions: readonly string[];
  #at = 0;

  constructor(text: string, functions: readonly string[]) {
    this.#tokens = tokensOf(text);
    this.#functions = functions;
  }

  statements(): string {
    const lines: string[] = [];
    while (this.#at < this.#tokens.length) lines.push(this.#statement());
    return lines.join('\n');
  }

  /** Up to a statement's word, `THEN`, `TO`, `DO`, or the comma or bracket that ends an argument. */
  expression(): string {
    const words: string[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined || /^(THEN|TO|DO|,|\))$/i.test(token) || isStatement(token)) break;
      words.push(this.#operand());
    }
    if (words.length === 0)
      throw new Error(`nothing before ${this.#tokens[this.#at] ?? 'the end'}`);
    return words.join(' ');
  }

  #statement(): string {
    const word = this.#next().toUpperCase();
    switch (word) {
      case 'SET':
        return `${this.#variable()} ${this.#expect('=')} ${this.expression()};`;
      case 'IF':
        return `if (${this.expression()}) {${this.#expect('THEN', '')}`;
      case 'ELSEIF':
        return `} else if (${this.expression()}) {${this.#expect('THEN', '')}`;
      case 'ELSE':
        return '} else {';
      case 'ENDIF':
        return '}';
      case 'FOR': {
        const variable = this.#variable();
        const from = `${this.#expect('=')} ${this.expression()}`;
        const to = `${this.#expect('TO', '')}${this.expression()}`;
        return `for (${variable} ${from}; ${variable} <= ${to}; ${variable} += 1) {${this.#expect('DO', '')}`;
      }
      case 'NEXT':
        if (this.#tokens[this.#at]?.startsWith('@') === true) this.#at += 1;
        return '}';
      default:
        throw new Error(`no statement that is known here: ${word}`);
    }
  }

  #operand(): string {
    const token = this.#next();
    if (/^["']/.test(token)) return JSON.stringify(token.slice(1, -1));
    if (token.startsWith('@')) {
      this.#at -= 1;
      return this.#variable();
    }
    if (/^[\d(<>=!]/.test(token)) return token === '(' ? this.#bracket() : token;
    const word = WORDS[token.toUpperCase()];
    if (word !== undefined) return word;
    if (this.#tokens[this.#at] !== '(') return `attributes[${JSON.stringify(token)}]`;
    return this.#call(token.toLowerCase());
  }

  #bracket(): string {
    return `(${this.expression()}${this.#expect(')')}`;
  }

  #call(name: string): string {
    if (!this.#functions.includes(name)) throw new Error(`no function that is known here: ${name}`);
    this.#expect('(');
    const values: string[] = [];
    while (this.#tokens[this.#at] !== ')') {
      if (values.length > 0) this.#expect(',');
      const isOutput = OUTPUTS[name] === values.length;
      values.push(isOutput ? JSON.stringify(this.#next().toLowerCase()) : this.expression());
    }
    return `functions.${name}(${values.join(', ')}${this.#expect(')')}`;
  }

  #variable(): string {
    const token = this.#next();
    if (!token.startsWith('@')) throw new Error(`no variable: ${token}`);
    return `variables[${JSON.stringify(token.toLowerCase())}]`;
  }

  #expect(wanted: string, written = wanted): string {
    const token = this.#next();
    if (token.toUpperCase() !== wanted) throw new Error(`${wanted} is missing before ${token}`);
    return written;
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('the block ends in the middle');
    this.#at += 1;
    return token;
  }
}

function isStatement(token: string): boolean {
  return STATEMENTS.includes(token.toUpperCase());
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new Error(`no AMPscript: ${text.slice(at, at + 20)}`);
    tokens.push(token);
  }
  return tokens;
}
