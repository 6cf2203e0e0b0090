import * as z from 'zod';
import {
  listReports,
  readLatest,
  readReport,
  readReportPage,
  readReports,
} from '../../adapters/s3/quality-store.ts';
import type { AuditReport } from '../../core/quality/audit-report.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

/** A report has some tens of kilobytes and is read whole for its summary. */
const REPORTS_MAX = 100;
const REPORTS_DEFAULT = 30;

const suiteId = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, { error: 'is no id of a suite' });
const day = z.iso.date({ error: 'must be a day such as 2026-01-31' });

const listQuery = z.strictObject({
  suite: suiteId.optional(),
  from: day.optional(),
  to: day.optional(),
  limit: z.coerce.number().int().min(1).max(REPORTS_MAX).default(REPORTS_DEFAULT),
});

/** `GET /v1/quality/reports`: what the audits found, the newest first, and the last of all data sets. */
export const listQualityReports: OperatorRoute = {
  method: 'GET',
  resource: '/quality/reports',
  async handle(request, services) {
    const { suite, from = '', to = '9999', limit } = operatorInput(listQuery, request.query);
    const store = storeOf(services);
    const places = (await listReports(store, suite)).filter(
      (place) => place.day >= from && place.day <= to,
    );
    const [latest, reports] = await Promise.all([
      readLatest(store),
      readReports(store, places.slice(0, limit)),
    ]);
    const known = reports.flatMap((report) => (report === undefined ? [] : [summary(report)]));
    const isWhole = places.length <= limit;
    return { status: 200, body: { latest: latest ?? null, reports: known, isWhole } };
  },
};

const reportPath = z.strictObject({ suiteId, day });
const reportQuery = z.strictObject({ form: z.enum(['json', 'html']).default('json') });

/** `GET /v1/quality/reports/{suiteId}/{day}`: one report, as JSON or, with `form=html`, as the page. */
export const showQualityReport: OperatorRoute = {
  method: 'GET',
  resource: '/quality/reports/{suiteId}/{day}',
  async handle(request, services) {
    const place = operatorInput(reportPath, request.path);
    const { form } = operatorInput(reportQuery, request.query);
    const store = storeOf(services);
    if (form === 'html') {
      const page = await readReportPage(store, place.suiteId, place.day);
      if (page === undefined) throw missing();
      return { status: 200, body: {}, page };
    }
    const report = await readReport(store, place.suiteId, place.day);
    if (report === undefined) throw missing();
    return { status: 200, body: report };
  },
};

function summary(report: AuditReport) {
  const { suiteId: id, suiteVersion, dataset, title, rowCount, verdict, startedAt } = report;
  const unmet = report.results
    .filter(({ status }) => status === 'unmet' || status === 'failed')
    .map(({ id: expectation, severity, message }) => ({ id: expectation, severity, message }));
  return {
    ...{ suiteId: id, suiteVersion, dataset, title, day: report.day, verdict, rowCount, startedAt },
    checkedCount: report.results.length,
    unmet,
  };
}

function missing(): Problem {
  return new Problem(
    404,
    'There is no such report; see GET /v1/quality/reports for those there are.',
  );
}

function storeOf({ s3, setting }: OperatorServices) {
  return { client: s3, bucket: setting('LAKE_BUCKET') };
}
