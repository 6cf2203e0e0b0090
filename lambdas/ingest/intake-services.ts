import { randomUUID } from 'node:crypto';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { createEventExpectations } from '../../adapters/dynamodb/event-expectations.ts';
import { createInspectorLog, INSPECTOR_PATIENCE } from '../../adapters/dynamodb/inspector-log.ts';
import {
  createRegisteredSchemas,
  type RegisteredSchemas,
} from '../../adapters/dynamodb/registered-schemas.ts';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { createQuarantineStore } from '../../adapters/s3/quarantine-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import type { IntakePorts } from './intake.ts';

/** The variables that every function has through which events come in. */
export const intakeVariables = z.object({
  EVENTS_STREAM_NAME: z.string().min(1),
  QUARANTINE_BUCKET: z.string().min(1),
  CONFIG_TABLE: z.string().min(1),
  INSPECTOR_TABLE: z.string().min(1),
  IDENTITY_SECRET_ID: z.string().min(1),
});

/** What a way in works with; made once per process. */
export interface IntakeServices {
  readonly ports: IntakePorts & {
    readonly count: (metric: string, value: number) => void;
  };
  /** The customer's own schemas. */
  readonly schemas: RegisteredSchemas;
}

/** `config` reads the configuration: how patiently is for those to say who wait for it. */
export function createIntake(
  environment: z.infer<typeof intakeVariables>,
  metrics: Metrics,
  config: DynamoDBClient,
): IntakeServices {
  const count = (metric: string, value: number) =>
    void metrics.addMetric(metric, MetricUnit.Count, value);
  return {
    ports: {
      stream: createEventStream(environment.EVENTS_STREAM_NAME),
      quarantine: createQuarantineStore(environment.QUARANTINE_BUCKET),
      identitySecret: () => readSecret(environment.IDENTITY_SECRET_ID),
      expectations: createEventExpectations(config, environment.CONFIG_TABLE, (unusableCount) =>
        count('SuitesUnusable', unusableCount),
      ),
      count,
      inspector: createInspectorLog({
        client: createDynamoDbClient(INSPECTOR_PATIENCE),
        table: environment.INSPECTOR_TABLE,
        processId: randomUUID().slice(0, 8),
        nowMs: Date.now,
        onFailure: () => count('InspectorFailures', 1),
      }),
    },
    schemas: createRegisteredSchemas(config, environment.CONFIG_TABLE, (unusableCount) =>
      count('SchemasUnusable', unusableCount),
    ),
  };
}
