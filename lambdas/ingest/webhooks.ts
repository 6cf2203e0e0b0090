import { createHash } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { createSingleUseTokens } from '../../adapters/dynamodb/single-use-tokens.ts';
import { readSourceSecrets } from '../../adapters/secrets/source-secrets.ts';
import { createSnsEndpoint } from '../../adapters/sns/sns-endpoint.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { SecretMissingError } from '../../core/webhooks/signature.ts';
import { webhookDocument } from '../../core/webhooks/webhook-document.ts';
import { Problem, problemAnswer } from './answers.ts';
import { createIntake, intakeVariables } from './intake-services.ts';
import { takeWebhook, type WebhookPorts } from './webhook-request.ts';

/** Kept back of the invocation's time for the answer itself. */
const ANSWER_MS = 1_000;
/** Customer.io waits 4 s, the shortest of all; an answer later than that is heard by nobody. */
const STORE_MS_MAX = 3_500;
/** Small reads and one small write, within what the ESPs wait. */
const PATIENCE = { attemptsMax: 3, connectMsMax: 500, attemptMsMax: 1_000 };

const environment = intakeVariables
  .extend({ DEDUPE_TABLE: z.string().min(1), SOURCE_SECRETS_ID: z.string().min(1) })
  .parse(process.env);

const logger = new Logger();
const metrics = new Metrics();
const dynamoDb = createDynamoDbClient(PATIENCE);
const { CONFIG_TABLE, SOURCE_SECRETS_ID } = environment;
const intake = createIntake(environment, metrics, dynamoDb);
const ports: WebhookPorts = {
  ...intake.ports,
  webhooks: configDocuments(dynamoDb, CONFIG_TABLE, 'webhook', webhookDocument),
  sources: configDocuments(dynamoDb, CONFIG_TABLE, 'source', sourceDocument),
  secrets: (sourceId) => readSourceSecrets(SOURCE_SECRETS_ID, sourceId),
  tokens: createSingleUseTokens(dynamoDb, environment.DEDUPE_TABLE, tokenKey),
  sns: createSnsEndpoint(),
  checkFor: (schemaMode) => intake.schemas.checkFor(schemaMode),
  onRefused: (sourceId, cause) => logger.warn('webhook refused', { sourceId, cause }),
};

/** `POST /v1/webhooks/{esp}`: takes an ESP's events in. */
export async function handler(
  event: APIGatewayProxyEvent,
  context: Context,
): Promise<APIGatewayProxyResult> {
  const leftMs = context.getRemainingTimeInMillis() - ANSWER_MS;
  try {
    return await takeWebhook(event, ports, Date.now() + Math.min(leftMs, STORE_MS_MAX));
  } catch (error) {
    return problemAnswer(error instanceof Problem ? error : ours(error));
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}

/** What isn't the sender's fault is temporary to the sender: 503 makes every ESP try again. */
function ours(error: unknown): Problem {
  // Only what kind of error it is: messages of dependencies may repeat what they were sent.
  logger.error('webhook not acknowledged', {
    error: error instanceof Error ? error.name : 'unknown',
    // This one is ours, and names the secret that is missing.
    ...(error instanceof SecretMissingError && { remedy: error.message }),
  });
  return new Problem(
    503,
    'The events could not be stored; nothing was acknowledged. Send them again.',
  );
}

function tokenKey(token: string): string {
  return `webhook-token#${createHash('sha256').update(token).digest('base64url')}`;
}
