import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import * as z from 'zod';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { subjectsFor, verifyForAnyOf } from '../../core/blocks/signed-token.ts';
import { findCredential } from './credential.ts';

const settings = z
  .object({ TOKEN_SECRET_ID: z.string().min(1), API_KEY_SECRET_ID: z.string().min(1) })
  .parse(process.env);

const logger = new Logger();

const MS_PER_SECOND = 1000;

/** API Gateway answers 401 to exactly this message and 500 to any other. */
const UNAUTHORIZED = 'Unauthorized';

/** A block is the recommendation rendered, so one token is good for both of a placement's paths. */
const BLOCK_SUFFIX = /\.html$/;

/**
 * Names the API key of a request, by which API Gateway then admits or refuses it (403) and counts
 * it against the usage plan. A key is passed on as it came, without a call to anything that could
 * fail; a signed token stands for the default key.
 */
export async function handler(
  event: APIGatewayRequestAuthorizerEvent,
): Promise<APIGatewayAuthorizerResult> {
  const query = event.queryStringParameters ?? {};
  const credential = findCredential(event.headers ?? {}, query);
  switch (credential.kind) {
    case 'none':
      throw new Error(UNAUTHORIZED);
    case 'key':
      return policy('Allow', 'api-key', event.methodArn, credential.key);
    case 'token': {
      const placement = event.pathParameters?.placement?.replace(BLOCK_SUFFIX, '') ?? '';
      const subject = { placement, customer: query.customer ?? '' };
      const secret = await readSecret(settings.TOKEN_SECRET_ID);
      const isInMail = event.resource?.includes('{slot}') === true;
      const verdict = verifyForAnyOf(
        credential.token,
        subjectsFor(subject, isInMail),
        Date.now() / MS_PER_SECOND,
        secret,
      );
      if (verdict === 'valid') {
        const key = await readSecret(settings.API_KEY_SECRET_ID);
        return policy('Allow', 'signed-token', event.methodArn, key);
      }
      logger.info('signed token refused', { verdict });
      return policy('Deny', 'signed-token', event.methodArn);
    }
  }
}

function policy(
  effect: 'Allow' | 'Deny',
  principalId: string,
  methodArn: string,
  usageIdentifierKey?: string,
): APIGatewayAuthorizerResult {
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: methodArn }],
    },
    ...(usageIdentifierKey === undefined ? {} : { usageIdentifierKey }),
  };
}
