import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import * as z from 'zod';
import { signedCertificate } from '../core/privacy/certificate.ts';
import type { CountsByArea } from '../core/privacy/counts.ts';
import { customerExport, erasure } from '../core/privacy/search.ts';
import {
  type OperatorApi,
  type OperatorApiOptions,
  operatorApi,
  withOperatorApi,
} from './operators/operator-api.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface CustomerOptions extends OperatorApiOptions {
  readonly customer: string;
  readonly out?: string;
  readonly suppress?: true;
  readonly reason?: string;
  readonly dryRun?: true;
  readonly force?: true;
  readonly follow?: boolean;
  readonly json?: true;
}

const POLL_MS = 1_000;

const figures = { unitCount: z.number(), begunCount: z.number() };
const exportProgress = customerExport
  .omit({ person: true, units: true, plannedPass: true })
  .extend(figures);
const erasureProgress = erasure
  .omit({ person: true, units: true, plannedPass: true, passesBefore: true, isMarked: true })
  .extend(figures);
const exportStarted = z.object({ exportId: z.uuid() });
const erasureStarted = z.object({ erasureId: z.uuid() });
const exportPart = z.object({ found: z.array(z.unknown()) });

/** `kindred customer`: what the law lets a customer ask for. */
export function customerCommand(): Command {
  const command = new Command('customer')
    .description('Show, export or erase what is held of a customer.')
    .addHelpText(
      'after',
      `
A customer is named by an opaque key: the shop's own id, the SHA-256 of the address, anon:<anonymous id>, or a
profile's id. Never by the address itself.

Examples:
  kindred customer show --customer 4711
  kindred customer export --customer 4711 --out 4711.json
  kindred customer erase --customer 4711 --dry-run       count what would be erased
  kindred customer erase --customer 4711 --reason "request 2026-118"
  kindred customer erasure 0b0a6c1e-…                    how far it has come
  kindred customer certificate 0b0a6c1e-… --out certificate.json
  kindred customer resume 0b0a6c1e-…                     after a failure, or a restore from a backup`,
    );
  command
    .addCommand(onCustomer('show', 'what the tables have of a customer').action(show))
    .addCommand(
      onCustomer('export', 'everything that is held of a customer, as JSON')
        .requiredOption('--out <file>', 'where to write it')
        .action(exportCustomer),
    )
    .addCommand(
      onCustomer('erase', 'erase a customer everywhere')
        .option('--dry-run', 'only count what would be erased')
        .option('--suppress', 'let nothing of this customer in again, ever')
        .option('--reason <text>', 'why, without personal data, e.g. the number of the request')
        .option('--no-follow', 'return once it is started')
        .option('--json', 'print one JSON document instead')
        .action(erase),
    )
    .addCommand(
      onErasure('erasure', 'how far an erasure has come')
        .option('--json', 'print one JSON document instead')
        .action(status),
    )
    .addCommand(
      onErasure('resume', 'go on with an erasure that failed, or repeat one that is done')
        .option('--force', 'also if it seems to be under way: its execution was stopped by hand')
        .option('--no-follow', 'return once it is resumed')
        .option('--json', 'print one JSON document instead')
        .action(resume),
    )
    .addCommand(
      onErasure('certificate', 'what an erasure deleted where, signed')
        .option('--out <file>', 'write it there instead of printing it')
        .action(certificate),
    );
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

function onCustomer(name: string, description: string): Command {
  return withOperatorApi(new Command(name).description(description)).requiredOption(
    '--customer <key>',
    'the shop’s id, SHA-256 of the address, anon:<anonymous id>, or a profile’s id',
  );
}

function onErasure(name: string, description: string): Command {
  return withOperatorApi(new Command(name).description(description)).argument('<erasureId>');
}

function pathOf({ customer }: CustomerOptions): string {
  if (customer.includes('@')) {
    throw new UserError(
      'A customer is never named by an address.',
      'Give its SHA-256: printf %s "$ADDRESS" | sha256sum (trimmed, lower case).',
    );
  }
  return `/customers/${encodeURIComponent(customer)}`;
}

async function show(options: CustomerOptions): Promise<void> {
  const api = await operatorApi(options);
  const shown = await api.ask({ method: 'GET', path: pathOf(options) }, z.looseObject({}));
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
}

async function exportCustomer(options: CustomerOptions & { readonly out: string }): Promise<void> {
  const api = await operatorApi(options);
  const path = pathOf(options);
  const tables = await atHand(api, path);
  const started = await api.ask({ method: 'POST', path: `${path}/exports` }, exportStarted);
  const done = await followExport(api, started.exportId);
  const found: unknown[] = [];
  for (const part of done.parts) {
    const asked = { method: 'GET', path: `/exports/${done.exportId}`, query: { part } } as const;
    found.push(...(await api.ask(asked, exportPart)).found);
  }
  const { exportId, finishedAt, counts } = done;
  const document = { exportId, finishedAt, counts, tables, found };
  // For its owner's eyes: it may lie there for a while.
  await writeFile(options.out, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
  const terminal = createTerminal(process.stdout);
  terminal.line(`Written to ${options.out}.`);
  print(terminal, counts, 'found');
}

/** What the tables have; nothing where they know nobody, who may still be in the quarantine. */
async function atHand(api: OperatorApi, path: string): Promise<unknown> {
  try {
    return await api.ask({ method: 'GET', path }, z.looseObject({}));
  } catch (error) {
    if (error instanceof UserError && error.message.startsWith('No table knows')) return null;
    throw error;
  }
}

async function erase(options: CustomerOptions): Promise<void> {
  const api = await operatorApi(options);
  const terminal = createTerminal(process.stdout);
  const asked = {
    method: 'DELETE',
    path: pathOf(options),
    query: {
      ...(options.dryRun === true && { dryRun: 'true' }),
      ...(options.suppress === true && { suppress: 'true' }),
      ...(options.reason !== undefined && { reason: options.reason }),
    },
  } as const;
  if (options.dryRun === true) {
    const { exportId } = await api.ask(asked, exportStarted);
    const { counts } = await followExport(api, exportId);
    if (options.json === true) process.stdout.write(`${JSON.stringify({ counts })}\n`);
    else print(terminal, counts, 'would be erased');
    return;
  }
  const { erasureId } = await api.ask(asked, erasureStarted);
  await followErasure(api, erasureId, options);
}

async function status(erasureId: string, options: CustomerOptions): Promise<void> {
  await followErasure(await operatorApi(options), erasureId, { ...options, isOnce: true });
}

async function resume(erasureId: string, options: CustomerOptions): Promise<void> {
  const api = await operatorApi(options);
  const path = `/erasures/${encodeURIComponent(erasureId)}/resume`;
  const query = options.force === true ? { force: 'true' } : {};
  await api.ask({ method: 'POST', path, query }, erasureStarted);
  await followErasure(api, erasureId, options);
}

async function certificate(erasureId: string, options: CustomerOptions): Promise<void> {
  const api = await operatorApi(options);
  const path = `/erasures/${encodeURIComponent(erasureId)}/certificate`;
  const schema = signedCertificate.extend({ isGenuine: z.boolean() });
  const signed = await api.ask({ method: 'GET', path }, schema);
  const text = `${JSON.stringify(signed, null, 2)}\n`;
  if (options.out === undefined) process.stdout.write(text);
  else await writeFile(options.out, text);
  if (!signed.isGenuine) {
    throw new UserError(
      'The certificate is not as it was signed.',
      'It was changed, or the secret of certificates was renewed since.',
    );
  }
}

async function followExport(api: OperatorApi, exportId: string) {
  const progress = createTerminal(process.stderr);
  for (;;) {
    const now = await api.ask({ method: 'GET', path: `/exports/${exportId}` }, exportProgress);
    if (now.status === 'done') {
      progress.progress('');
      return now;
    }
    if (now.status === 'failed') {
      throw new UserError(
        `The search failed: ${now.problem ?? 'unknown'}.`,
        'See docs/runbooks/export-failed.md, and start another one.',
      );
    }
    progress.progress(`${now.begunCount} of ${now.unitCount} pieces searched`);
    await sleep(POLL_MS);
  }
}

/** Progress goes to stderr, so that --json leaves one document on stdout. */
async function followErasure(
  api: OperatorApi,
  erasureId: string,
  options: { readonly json?: true; readonly follow?: boolean; readonly isOnce?: boolean },
): Promise<void> {
  const terminal = createTerminal(process.stdout);
  const progress = createTerminal(process.stderr);
  if (options.follow === false) {
    if (options.json === true) process.stdout.write(`${JSON.stringify({ erasureId })}\n`);
    else terminal.line(`Erasure ${erasureId} is under way: kindred customer erasure ${erasureId}`);
    return;
  }
  if (options.isOnce !== true) progress.line(`Erasure ${erasureId}`);
  for (;;) {
    const now = await api.ask({ method: 'GET', path: `/erasures/${erasureId}` }, erasureProgress);
    if (now.status !== 'running' || options.isOnce === true) {
      progress.progress('');
      if (options.json === true) process.stdout.write(`${JSON.stringify(now)}\n`);
      else {
        terminal.line(`${now.status}, pass ${now.pass}, last seen ${now.updatedAt}`);
        print(terminal, now.counts, 'erased');
      }
      if (now.status !== 'failed') return;
      throw new UserError(
        `The erasure failed: ${now.problem ?? 'unknown'}.`,
        `See docs/runbooks/erasure-failed.md, then: kindred customer resume ${erasureId}`,
      );
    }
    progress.progress(`pass ${now.pass}: ${now.begunCount} of ${now.unitCount} pieces searched`);
    await sleep(POLL_MS);
  }
}

function print(terminal: Terminal, counts: CountsByArea, word: string): void {
  for (const [area, { scanned, deleted, rewritten, records, unreadable }] of Object.entries(
    counts,
  )) {
    const parts = [
      ...(records > 0 ? [`${records} records ${word}`] : []),
      ...(deleted > 0 ? [`${deleted} deleted`] : []),
      ...(rewritten > 0 ? [`${rewritten} rewritten`] : []),
      ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
    ];
    terminal.line(`  ${area}: ${parts.join(', ') || 'nothing'} (${scanned} looked at)`);
  }
}
