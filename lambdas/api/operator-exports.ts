import * as z from 'zod';
import { begunCount, exportRecords, readExportPart } from '../../adapters/s3/search-store.ts';
import { searchId } from '../../core/privacy/search.ts';
import { Problem } from '../ingest/answers.ts';
import { privacyStore } from './operator-customers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';

const query = z.strictObject({ part: z.string().optional() });

/** `GET /v1/exports/{exportId}`: how far an export is, or one part of what it has found. */
export const showExportRoute: OperatorRoute = {
  method: 'GET',
  resource: '/exports/{exportId}',
  async handle(request, services) {
    const { part } = operatorInput(query, request.query);
    const id = operatorInput(searchId, request.path.exportId);
    const store = privacyStore(services);
    const stored = await exportRecords(store).read(id);
    if (stored === undefined) {
      throw new Problem(404, 'There is no such export; it is kept for a week. Start another one.');
    }
    const { person: _, units, plannedPass: __, ...shown } = stored.value;
    if (part === undefined) {
      const begun = shown.status === 'running' ? await begunCount(store, id, shown.pass) : 0;
      return { status: 200, body: { ...shown, unitCount: units.length, begunCount: begun } };
    }
    if (!shown.parts.includes(part)) throw new Problem(404, 'The export has no such part.');
    return { status: 200, body: { part, found: await readExportPart(store, id, part) } };
  },
};
