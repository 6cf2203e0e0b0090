import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { AuditDatabase } from '../../adapters/duckdb/audit-database.ts';
import { runAudit } from '../../adapters/duckdb/run-audit.ts';
import { FileError } from '../../adapters/files/file-error.ts';
import type { AuditReport } from '../../core/quality/audit-report.ts';
import { reportPage } from '../../core/quality/report/report-page.ts';
import type { AuditedTable } from '../../core/quality/sql/table.ts';
import { parseSuite, type Suite, SuiteError } from '../../core/quality/suite.ts';
import { UserError } from '../user-error.ts';

export interface AuditRequest {
  readonly data: readonly string[];
  readonly suite: string;
  /** Files of data sets that the suite refers to, by name. */
  readonly references: Readonly<Record<string, string>>;
  readonly day?: string;
  /** Where the page goes. */
  readonly html?: string;
  readonly memoryMb: number;
  readonly onStep: (text: string) => void;
}

/** What doesn't fit into memory, in the machine's folder for such things. */
const FOLDER_MB = 20_000;

/**
 * Audits files on this machine.
 * @throws UserError for a suite or a file that can't be used.
 */
export async function auditFiles(request: AuditRequest): Promise<AuditReport> {
  const suite = await loadSuite(request.suite);
  checkReferences(suite, request.references);
  const folder = await mkdtemp(join(tmpdir(), 'kindred-audit-'));
  const database = await AuditDatabase.open({
    memoryMb: request.memoryMb,
    threads: availableParallelism(),
    folder,
    folderMb: FOLDER_MB,
  });
  try {
    const report = await audited(suite, database, folder, request);
    if (request.html !== undefined) await writePage(request.html, report);
    return report;
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function audited(
  suite: Suite,
  database: AuditDatabase,
  folder: string,
  request: AuditRequest,
): Promise<AuditReport> {
  const { columns, format, time, dataset: name } = suite;
  const shown = request.data.map((file) => basename(file)).join(', ');
  const load = (dataset: Parameters<AuditDatabase['load']>[0]) =>
    asUserError(() => database.load(dataset));
  request.onStep(`reading ${shown}`);
  const day = request.day ?? (suite.isState === true ? today() : undefined);
  const table = await load({ name, files: request.data, columns, format, time, day });
  const references = new Map<string, AuditedTable>();
  for (const [other, { columns: theirs, format: written }] of Object.entries(
    suite.references ?? {},
  )) {
    request.onStep(`reading ${other}`);
    const files = [request.references[other] ?? ''];
    references.set(other, await load({ name: other, files, columns: theirs, format: written }));
  }
  const files = [...request.data, ...Object.values(request.references)];
  await database.confine([folder, ...files.map((file) => dirname(resolve(file)))]);
  const { report } = await runAudit({
    suite,
    database,
    table,
    references,
    data: shown,
    ...(day === undefined ? {} : { day }),
    earlier: [],
    nowMs: Date.now,
    onCheck: (id, index) =>
      request.onStep(`checking ${index + 1} of ${suite.expectations.length}: ${id}`),
  });
  return report;
}

async function loadSuite(file: string): Promise<Suite> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UserError(`Can't read the suite ${file}.`, 'Check the path after --suite.');
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const place = error instanceof Error ? error.message : '';
    throw new UserError(`${file} is not JSON: ${place}.`, 'Write one JSON document.');
  }
  try {
    return parseSuite(value, file);
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error;
    throw new UserError(
      error.message,
      'Correct the fields named above; see docs/reference/expectations.md.',
    );
  }
}

/** A check against nothing would pass. */
function checkReferences(suite: Suite, given: Readonly<Record<string, string>>): void {
  const declared = Object.keys(suite.references ?? {});
  const missing = declared.find((name) => given[name] === undefined);
  if (missing !== undefined) {
    throw new UserError(
      `The suite refers to the data set "${missing}".`,
      `Name its file: --reference ${missing}=<file>.`,
    );
  }
  const unknown = Object.keys(given).find((name) => !declared.includes(name));
  if (unknown === undefined) return;
  throw new UserError(
    `The suite refers to no data set "${unknown}".`,
    declared.length === 0
      ? 'Leave --reference out, or declare it in the suite’s "references".'
      : `It refers to: ${declared.join(', ')}.`,
  );
}

async function asUserError<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const found = error.found === '' ? '' : `\n${error.found}`;
    throw new UserError(`${error.message}${found}`, error.remedy);
  }
}

async function writePage(file: string, report: AuditReport): Promise<void> {
  await writeFile(file, reportPage(report)).catch(() => {
    throw new UserError(`Can't write ${file}.`, 'Check that its folder exists.');
  });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
