import { PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { type AuditReport, auditReport } from '../../core/quality/audit-report.ts';
import { type DayMeasures, dayMeasures } from '../../core/quality/day-measures.ts';
import { type LatestAudit, latestAudit } from '../../core/quality/quality-index.ts';
import { readObject } from './immutable-objects.ts';

/** `quality/<suite>/<day>/report.json`, `report.html` and `measures.json`, and `quality/latest.json`. */
export interface QualityStore {
  readonly client: S3Client;
  readonly bucket: string;
}

const PREFIX = 'quality/';
const LATEST = 'latest.json';
/** Objects read side by side. */
const READS_MAX = 16;

/** Keeps what an audit found; the measures first, for a report is only there with them. */
export async function writeReport(
  store: QualityStore,
  day: string,
  {
    report,
    page,
    measures,
  }: { report: AuditReport; page: string; measures?: DayMeasures | undefined },
): Promise<void> {
  const folder = `${report.suiteId}/${day}/`;
  if (measures !== undefined) {
    await put(store, `${folder}measures.json`, JSON.stringify(measures), 'application/json');
  }
  await put(store, `${folder}report.html`, page, 'text/html; charset=utf-8');
  await put(store, `${folder}report.json`, JSON.stringify(report), 'application/json');
}

/** What earlier audits measured on these days; a day without an audit, or of another form, is left out. */
export async function readMeasures(
  store: QualityStore,
  suiteId: string,
  days: readonly string[],
): Promise<DayMeasures[]> {
  const found = await inBatches(days, (day) =>
    readJson(store, `${suiteId}/${day}/measures.json`, dayMeasures.safeParse),
  );
  return found.filter((one) => one !== undefined);
}

export function readReport(
  store: QualityStore,
  suiteId: string,
  day: string,
): Promise<AuditReport | undefined> {
  return readJson(store, `${suiteId}/${day}/report.json`, auditReport.safeParse);
}

export async function readReportPage(
  { client, bucket }: QualityStore,
  suiteId: string,
  day: string,
): Promise<string | undefined> {
  const bytes = await readObject(
    { client, bucket, prefix: PREFIX },
    `${suiteId}/${day}/report.html`,
  );
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

export interface ReportPlace {
  readonly suiteId: string;
  readonly day: string;
}

/** Where reports lie, of one suite or all, the newest first. */
export async function listReports(
  { client, bucket }: QualityStore,
  suiteId: string | undefined,
): Promise<ReportPlace[]> {
  const Prefix = suiteId === undefined ? PREFIX : `${PREFIX}${suiteId}/`;
  const places: ReportPlace[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix })) {
    for (const { Key = '' } of page.Contents ?? []) {
      const [, suite, day] = /^quality\/([^/]+)\/([^/]+)\/report\.json$/.exec(Key) ?? [];
      if (suite !== undefined && day !== undefined) places.push({ suiteId: suite, day });
    }
  }
  return places.sort((a, b) =>
    a.day === b.day ? compare(a.suiteId, b.suiteId) : compare(b.day, a.day),
  );
}

export function readReports(
  store: QualityStore,
  places: readonly ReportPlace[],
): Promise<(AuditReport | undefined)[]> {
  return inBatches(places, ({ suiteId, day }) => readReport(store, suiteId, day));
}

/** The last audit of all data sets; an audit of an earlier day, made again, doesn't take its place. */
export async function writeLatest(store: QualityStore, latest: LatestAudit): Promise<void> {
  const known = await readLatest(store);
  if (known !== undefined && known.day > latest.day) return;
  await put(store, LATEST, JSON.stringify(latest), 'application/json');
}

export function readLatest(store: QualityStore): Promise<LatestAudit | undefined> {
  return readJson(store, LATEST, latestAudit.safeParse);
}

type SafeParse<Value> = (
  value: unknown,
) => { readonly success: true; readonly data: Value } | { readonly success: false };

async function readJson<Value>(
  { client, bucket }: QualityStore,
  name: string,
  parse: SafeParse<Value>,
): Promise<Value | undefined> {
  const bytes = await readObject({ client, bucket, prefix: PREFIX }, name);
  if (bytes === undefined) return undefined;
  const parsed = parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  return parsed.success ? parsed.data : undefined;
}

async function put(
  { client, bucket }: QualityStore,
  name: string,
  Body: string,
  ContentType: string,
): Promise<void> {
  await client.send(
    new PutObjectCommand({ Bucket: bucket, Key: `${PREFIX}${name}`, Body, ContentType }),
  );
}

async function inBatches<Item, Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const found: Value[] = [];
  for (let index = 0; index < items.length; index += READS_MAX) {
    found.push(...(await Promise.all(items.slice(index, index + READS_MAX).map(read))));
  }
  return found;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
