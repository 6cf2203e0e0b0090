import { Command, InvalidArgumentError } from 'commander';
import type { AuditReport } from '../core/quality/audit-report.ts';
import { counted } from '../core/quality/title-of.ts';
import { type AuditRequest, auditFiles } from './audit/audit-files.ts';
import { createTerminal, type Terminal } from './terminal.ts';

interface AuditFlags {
  readonly data: readonly string[];
  readonly suite: string;
  readonly reference?: Readonly<Record<string, string>>;
  readonly day?: string;
  readonly html?: string;
  readonly memory: number;
  readonly json?: true;
}

const MEMORY_MB = 2_048;

/** `kindred audit`: what a file holds that a suite doesn't expect. */
export function auditCommand(): Command {
  return new Command('audit')
    .description(
      'Check a file against an expectation suite, and write a report that people can read.',
    )
    .requiredOption('--data <files...>', 'CSV, TSV, JSON Lines or Parquet; plain, gzip or zstd')
    .requiredOption('--suite <file>', 'the expectation suite, a JSON document')
    .option(
      '--reference <name=file>',
      'a data set that the suite refers to; once for each',
      reference,
    )
    .option(
      '--day <date>',
      'the day in question, as 2026-01-31; the last one in the data if absent',
      date,
    )
    .option('--html <file>', 'write the report as one HTML page')
    .option(
      '--memory <MB>',
      'memory to use, at most; beyond it the disk is used',
      megabytes,
      MEMORY_MB,
    )
    .option('--json', 'print the report as one JSON document instead')
    .addHelpText(
      'after',
      `
A suite names the columns of a data set and says what is expected of them. A small one:

  {
    "formVersion": 1, "suiteId": "orders", "version": 1, "dataset": "orders",
    "title": "Orders of the shop",
    "columns": { "order_id": { "type": "text" }, "total": { "type": "number" } },
    "expectations": [
      { "id": "order-unique", "kind": "unique", "columns": ["order_id"], "severity": "stop" },
      { "id": "total-positive", "kind": "range", "column": "total", "exclusiveMinimum": 0,
        "severity": "warn", "atMost": { "share": 0.01 } }
    ]
  }

Severity says what follows from a breach: warn (people are told), quarantine (such rows are left out),
stop (nothing is built on the data). All kinds of expectations: docs/reference/expectations.md.

Exit code: 0; 1 where an expectation of severity stop is unmet, or the audit could not be made.

Examples:
  kindred audit --data orders.csv.gz --suite examples/online-retail.suite.json
  kindred audit --data orders.csv --suite orders.json --html report.html
  kindred audit --data lines.parquet --suite lines.json --reference catalogue=products.csv --json`,
    )
    .action(audit);
}

async function audit(flags: AuditFlags): Promise<void> {
  // Progress goes to stderr, so that --json leaves one document on stdout.
  const progress = createTerminal(process.stderr);
  const startMs = Date.now();
  let step = 'reading';
  const show = () => progress.progress(`${Math.round((Date.now() - startMs) / 1000)} s  ${step}`);
  const timer = setInterval(show, 500);
  const request: AuditRequest = {
    data: flags.data,
    suite: flags.suite,
    references: flags.reference ?? {},
    memoryMb: flags.memory,
    ...(flags.day === undefined ? {} : { day: flags.day }),
    ...(flags.html === undefined ? {} : { html: flags.html }),
    onStep: (text) => {
      step = text;
      show();
    },
  };
  try {
    const report = await auditFiles(request);
    progress.progress('');
    if (flags.json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
    else printReport(createTerminal(process.stdout), report, flags.html);
    if (report.verdict === 'stop') process.exitCode = 1;
  } finally {
    clearInterval(timer);
    progress.progress('');
  }
}

function printReport(terminal: Terminal, report: AuditReport, html: string | undefined): void {
  const seconds = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000;
  terminal.line(terminal.bold(report.title));
  terminal.line(
    terminal.dim(
      `${report.data}, ${counted(report.rowCount)} rows, checked in ${seconds.toFixed(1)} s`,
    ),
  );
  terminal.line('');
  const width = Math.max(...report.results.map(({ id }) => id.length));
  for (const result of report.results) {
    const { id, status, severity, message, samples } = result;
    const isBroken = status === 'unmet' || status === 'failed';
    const mark = isBroken ? severity : status === 'met' ? 'ok' : status;
    const row = samples[0]?.row;
    const where = isBroken && typeof row === 'number' ? ` First in row ${counted(row)}.` : '';
    const text = `${mark.padEnd(10)}  ${id.padEnd(width)}  ${message}${where}`;
    terminal.line(isBroken ? text : terminal.dim(text));
  }
  const broken = report.results.filter(({ status }) => status === 'unmet' || status === 'failed');
  terminal.line('');
  terminal.line(
    terminal.bold(
      `${broken.length} of ${report.results.length} expectations are unmet: ${report.verdict}.`,
    ),
  );
  if (html === undefined) terminal.line('Add --html report.html to see rows and trends.');
  else terminal.line(`Report: ${html}`);
}

function reference(
  text: string,
  known: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError(
      'Write the data set’s name and its file: catalogue=products.csv.',
    );
  }
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
}

function date(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('A day is written as 2026-01-31.');
}

function megabytes(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 64) return value;
  throw new InvalidArgumentError('Memory is a whole number of megabytes, 64 at least.');
}
