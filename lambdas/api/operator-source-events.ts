import * as z from 'zod';
import { createInspectorReader } from '../../adapters/dynamodb/inspector-reader.ts';
import { fate } from '../../core/events/inspection/fact.ts';
import { inspect } from '../../core/events/inspection/inspected-event.ts';
import { Problem } from '../ingest/answers.ts';
import type { OperatorRoute } from './operator-route.ts';

const EVENTS_DEFAULT = 100;
const EVENTS_MAX = 500;
/** Pages looked through: with 25 events each more than an answer shows. */
const PAGES_MAX = 200;
/** How far back an answer looks that isn't told. */
const LOOK_BACK_MS = 60 * 60 * 1000;

const query = z.strictObject({
  since: z.iso.datetime({ message: 'expected a time such as 2026-11-23T12:00:00Z' }).optional(),
  limit: z.coerce.number().int().min(1).max(EVENTS_MAX).default(EVENTS_DEFAULT),
  fate: fate.optional(),
  messageId: z.string().max(100).optional(),
});

/** `GET /sources/{sourceId}/events`: what became of the last events of a source. */
export const sourceEventsRoute: OperatorRoute = {
  method: 'GET',
  resource: '/sources/{sourceId}/events',
  async handle(request, services) {
    const asked = query.safeParse(request.query);
    if (!asked.success) {
      const issues = asked.error.issues.map(({ path, message }) => ({
        path: path.join('.'),
        message,
      }));
      throw new Problem(400, 'The query takes since, limit, fate and messageId.', issues);
    }
    const { since, ...wanted } = asked.data;
    // Keys are ordered as text, so that the time must have the form in which they are written.
    const sinceMs = since === undefined ? services.nowMs() - LOOK_BACK_MS : Date.parse(since);
    const sinceText = new Date(sinceMs).toISOString();
    const reader = createInspectorReader(services.dynamoDb, services.setting('INSPECTOR_TABLE'));
    const pages = await reader.pages(request.path.sourceId ?? '', sinceText, PAGES_MAX);
    const { events, leftOutCount } = inspect(pages, wanted);
    return { status: 200, body: { since: sinceText, events, leftOutCount } };
  },
};
