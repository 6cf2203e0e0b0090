import { createSourceRegistry } from '../../adapters/dynamodb/source-registry.ts';
import { addSource as add } from '../../cli/source/write-keys.ts';
import { type SourceDocument, sourceDocument } from '../../core/events/source.ts';
import type { TestCloud } from '../integration/cloud.ts';

/** Makes a source of a running cloud, as `kindred source add` does; gives its write key. */
export async function addSource(
  test: TestCloud,
  source: Pick<SourceDocument, 'sourceId'> & Partial<SourceDocument>,
): Promise<string> {
  const { ConfigTableName = '' } = test.cloud.connection.resources;
  const registry = createSourceRegistry(test.clients.dynamoDb, ConfigTableName);
  return (await add(registry, sourceDocument.parse(source))).writeKey;
}

/** As often as the collector tries a request to the stream before it gives up. */
const STREAM_ATTEMPTS = 8;

/** Makes the collector answer the next request with 503, by a stream that fails as often as it is tried. */
export function failNextRequest(test: TestCloud): void {
  test.cloud.faults.inject({
    service: 'kinesis',
    operation: 'PutRecords',
    action: { kind: 'error' },
    times: STREAM_ATTEMPTS,
  });
}
