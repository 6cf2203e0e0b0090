/** The part of the project's style that a program can check. Comments are left alone. */

/** A place that breaks the style, with what to do about it. */
export interface Complaint {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** One idea fits this many lines; a longer file holds several. */
const FILE_LINES_MAX = 400;
/** A function fits a screen, with some grace for one that is a table. */
const FUNCTION_LINES_MAX = 70;

/** Secrets Manager is a service's name, no manager of ours. */
const ownerlessName = /(^|[-.])(utils?|helpers?|common|misc|(?<!^secrets-)managers?)([-.]|$)/i;

interface Banned {
  readonly pattern: RegExp;
  readonly remedy: string;
}

/** Written in pieces, so that this file doesn't ban itself. */
const bannedAnywhere: readonly Banned[] = [
  {
    // In quotes three X are ISO 4217's code for no currency.
    pattern: new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b(?!')`),
    remedy: 'Do it now or write it down in an issue.',
  },
  {
    pattern: new RegExp(`\\bas ${'any'}\\b`),
    remedy: 'Parse the value with its schema, or narrow it with a type guard.',
  },
  {
    pattern: new RegExp(`\\bas ${'unknown'} as\\b`),
    remedy: 'Parse the value with its schema, or narrow it with a type guard.',
  },
  {
    pattern: new RegExp(`@ts-${'(ignore|nocheck)'}`),
    remedy: 'Fix the type; in a test of a wrong type, expect the error by name.',
  },
];

const impure: readonly Banned[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
    remedy: 'Take the time as an argument (nowMs).',
  },
  {
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/,
    remedy: 'Take the randomness as an argument, its seed derived per customer.',
  },
  {
    pattern: /\bprocess\./,
    remedy: 'Take the setting as an argument; handlers read the environment.',
  },
  {
    pattern: /'node:(fs|http|https|net|child_process|worker_threads|timers|os)\b|\bfetch\(/,
    remedy: 'Core does no I/O: read in an adapter, pass the value in.',
  },
  {
    pattern: /\b(setTimeout|setInterval|setImmediate)\(/,
    remedy: 'Core doesn’t wait: wait in the handler.',
  },
  { pattern: /\bconsole\./, remedy: 'Return what happened; the handler logs it.' },
];

const localMentions: readonly Banned[] = [
  {
    pattern: /\blocalhost\b|127\.0\.0\.1|KINDRED_LOCAL|\bisLocal\b/,
    remedy: 'The product must not know where it runs; endpoints come from AWS_ENDPOINT_URL_*.',
  },
];

/** Checks one file. Tests may have long functions: a suite is a list. */
export function complaintsOf(path: string, source: string): Complaint[] {
  const [folder = ''] = path.split('/');
  const lines = source.trimEnd().split('\n');
  const complain = (line: number, message: string): Complaint => ({ path, line, message });
  const complaints: Complaint[] = [];
  if (path.split('/').some((step) => ownerlessName.test(step.replace(/\.\w+$/, '')))) {
    complaints.push(complain(1, 'A name like this has no owner; name the file by its one idea.'));
  }
  if (lines.length > FILE_LINES_MAX) {
    const message = `The file has ${lines.length} lines, at most ${FILE_LINES_MAX}; split it by idea.`;
    complaints.push(complain(FILE_LINES_MAX + 1, message));
  }
  const banned = [
    ...bannedAnywhere,
    ...(folder === 'core' ? impure : []),
    ...(['core', 'adapters', 'lambdas', 'cdk'].includes(folder) ? localMentions : []),
  ];
  for (const [index, line] of lines.entries()) {
    const code = withoutComment(line);
    for (const { pattern, remedy } of banned) {
      // Suppressions and reminders stand in comments.
      const match =
        pattern.exec(pattern.source.includes('@ts') ? line : code) ?? reminder(pattern, line);
      if (match !== null)
        complaints.push(complain(index + 1, `"${match[0]}" is banned here. ${remedy}`));
    }
  }
  if (folder !== 'test') {
    for (const { line, length } of functionsOf(lines)) {
      if (length <= FUNCTION_LINES_MAX) continue;
      const message = `The function has ${length} lines, at most ${FUNCTION_LINES_MAX}; keep the branching, move the work to leaves.`;
      complaints.push(complain(line, message));
    }
  }
  return complaints;
}

export function readable({ path, line, message }: Complaint): string {
  return `${path}:${line}: ${message}`;
}

function reminder(pattern: RegExp, line: string): RegExpExecArray | null {
  return pattern === bannedAnywhere[0]?.pattern ? pattern.exec(line) : null;
}

/** The formatter puts every comment on lines of its own or behind a blank at a line's end. */
function withoutComment(line: string): string {
  if (/^\s*(\/\/|\/\*|\*)/.test(line)) return '';
  return line.replace(/\s\/\/ .*$/, '');
}

const FUNCTION_HEAD = /^\s*(export\s+)?(default\s+)?(async\s+)?function\b/;
const METHOD_HEAD =
  /^\s+((async|static|get|set|override|private|protected)\s+)*\*?#?\w+(<[^(]*>)?\(/;
const CONTROL = /^\s*(if|for|while|switch|catch|return|throw|await|do|with|new)\b/;

/**
 * Where functions begin and how many lines they have, read from the indentation that the formatter
 * guarantees: a body ends at the next line of its head's indentation that begins with a brace.
 */
function functionsOf(lines: readonly string[]): { line: number; length: number }[] {
  return lines.flatMap((head, index) => {
    const isArrow = /=> \{$/.test(head);
    const isMethod = METHOD_HEAD.test(head) && !CONTROL.test(head) && !/[;,]$/.test(head);
    if (!isArrow && !isMethod && !FUNCTION_HEAD.test(head)) return [];
    const end = endOf(lines, index);
    return end === undefined ? [] : [{ line: index + 1, length: end - index + 1 }];
  });
}

function endOf(lines: readonly string[], index: number): number | undefined {
  const indentation = indentationOf(lines[index] ?? '');
  for (let end = index + 1; end < lines.length; end += 1) {
    const line = lines[end] ?? '';
    if (line === '' || indentationOf(line) > indentation) continue;
    if (indentationOf(line) < indentation) return undefined;
    // `}: Options): void {` and `): void {` still belong to the head.
    if (line.endsWith('{')) continue;
    return line.trimStart().startsWith('}') ? end : undefined;
  }
  return undefined;
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}
