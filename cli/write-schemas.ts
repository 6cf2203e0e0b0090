import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import {
  RECOMMENDATION_EXPORTS_PATH,
  recommendationExportsMarkdown,
} from '../core/blocks/warehouse-markdown.ts';
import { UNIFIED_SCHEMA_PATH, unifiedSchemaMarkdown } from '../core/catalogue/unified-schema.ts';
import { documentedEvents } from '../core/events/event-documentation.ts';
import { eventsMarkdown } from '../core/events/events-markdown.ts';
import { jsonSchemaOf, publishedSchemas, recordNameOf } from '../core/events/json-schema.ts';
import { PROFILE_REFERENCE_PATH, profileMarkdown } from '../core/profile/profile-markdown.ts';
import { EXPECTATIONS_PATH, expectationsMarkdown } from '../core/quality/expectations-markdown.ts';

/**
 * `npm run schemas`: writes what is generated from the registry and the mappings, and a record of each version that
 * has none yet. A record is never written over: the check of evolution compares with it.
 */
const RECORDS_FOLDER = 'test/golden/event-schemas';

writeFileSync('core/events/event-schemas.json', publishedSchemas(documentedEvents));
mkdirSync('docs/reference', { recursive: true });
writeFileSync('docs/reference/events.md', eventsMarkdown(documentedEvents));
writeFileSync(UNIFIED_SCHEMA_PATH, unifiedSchemaMarkdown());
writeFileSync(EXPECTATIONS_PATH, expectationsMarkdown());
writeFileSync(PROFILE_REFERENCE_PATH, profileMarkdown());
writeFileSync(RECOMMENDATION_EXPORTS_PATH, recommendationExportsMarkdown());
mkdirSync(RECORDS_FOLDER, { recursive: true });
for (const definition of documentedEvents) {
  const file = `${RECORDS_FOLDER}/${recordNameOf(definition)}`;
  if (existsSync(file)) continue;
  writeFileSync(file, `${JSON.stringify(jsonSchemaOf(definition), null, 2)}\n`);
}
