import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HistoryEntry } from '../../core/training/model.ts';

const run = promisify(execFile);
const VERSION = 'v0.5.0';
const MODULE = `github.com/gorse-io/gorse/cmd/gorse-in-one@${VERSION}`;
const folder = join(import.meta.dirname, '../../.kindred/peers', `gorse-${VERSION}`);
/** The module proxy answers at once or not at all; building takes minutes. */
const BUILD_MS_MAX = 600_000;

const PORTS = { http: 18_088, grpc: 18_086 };
const READY_MS_MAX = 60_000;
const CONFIG = `
[database]
data_store = "sqlite://data.db"
cache_store = "sqlite://cache.db"
[master]
port = ${PORTS.grpc}
host = "127.0.0.1"
http_port = ${PORTS.http}
http_host = "127.0.0.1"
[recommend.data_source]
positive_feedback_types = ["purchase", "cart", "view"]
[recommend.fallback]
recommenders = ["latest"]
`;

/** A peer that answers requests. */
export interface Peer {
  readonly urls: readonly string[];
  readonly stop: () => void;
}

/**
 * Gorse with so many customers and what they did, told over its REST API
 * (https://gorse.io/docs/api/restful-api.html); undefined, with a line that says why, where it can't be had.
 */
export async function gorseServer(
  customers: number,
  historyOf: (customer: number) => readonly HistoryEntry[],
): Promise<Peer | undefined> {
  const executable = await gorseExecutable();
  if (executable === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'kindred-gorse-'));
  await writeFile(join(directory, 'config.toml'), CONFIG);
  const child = spawn(executable, ['-c', 'config.toml'], { cwd: directory, stdio: 'ignore' });
  const stop = () => {
    child.kill();
    void rm(directory, { recursive: true, force: true });
  };
  try {
    await ready(child);
    const histories = Array.from({ length: customers }, (_, customer) => historyOf(customer));
    for (const [customer, history] of histories.entries()) await tell(customer, history);
    const urls = histories.map((_, customer) => `${base}/api/recommend/${customer}?n=12`);
    return { urls, stop };
  } catch (error) {
    process.stderr.write(`peers: skipped, Gorse does not run (${String(error)})\n`);
    stop();
    return undefined;
  }
}

const base = `http://127.0.0.1:${PORTS.http}`;

async function ready(child: ChildProcess): Promise<void> {
  const untilMs = Date.now() + READY_MS_MAX;
  while (Date.now() < untilMs && child.exitCode === null) {
    const isReady = await fetch(`${base}/api/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('it is not ready');
}

async function tell(customer: number, history: readonly HistoryEntry[]): Promise<void> {
  const feedback = history.map(({ itemId, kind, timeMs }) => ({
    ...{ FeedbackType: kind, UserId: `${customer}`, ItemId: itemId },
    Timestamp: new Date(timeMs).toISOString(),
  }));
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(feedback);
  const { ok, status } = await fetch(`${base}/api/feedback`, { method: 'PUT', headers, body });
  if (!ok) throw new Error(`its feedback answered ${status}`);
}

/**
 * The executable of Gorse, built by Go from its module; undefined, with a line that says why, where there is no Go or
 * its module cannot be had.
 */
async function gorseExecutable(): Promise<string | undefined> {
  const executable = join(folder, 'gorse-in-one');
  if (existsSync(executable)) return executable;
  try {
    await mkdir(folder, { recursive: true });
    const env = { ...process.env, GOBIN: folder, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
    await run('go', ['install', MODULE], { env, timeout: BUILD_MS_MAX });
    return executable;
  } catch (error) {
    const lines = error instanceof Error ? error.message.trim().split('\n') : [String(error)];
    process.stderr.write(`peers: skipped, Gorse ${VERSION} is not to be had (${lines.at(-1)})\n`);
    return undefined;
  }
}
