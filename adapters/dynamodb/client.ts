import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** How patient a client is. There is no default: a page view and a stream's batch differ. */
export interface Patience {
  /** Attempts of one request, the first included; the SDK waits between them with jitter. */
  readonly attemptsMax: number;
  /** Until a connection stands. */
  readonly connectMsMax: number;
  /** Until one attempt is answered. */
  readonly attemptMsMax: number;
}

/** A client whose requests always end. Region, credentials and endpoint come from the environment. */
export function createDynamoDbClient(patience: Patience): DynamoDBClient {
  const client = new DynamoDBClient({
    maxAttempts: patience.attemptsMax,
    requestHandler: {
      connectionTimeout: patience.connectMsMax,
      requestTimeout: patience.attemptMsMax,
      throwOnRequestTimeout: true,
    },
  });
  // The SDK copies and redacts every request and answer for a logger that drops them: an eighth of a
  // busy function's time, as profiled with version 3.1143.
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
