import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { clientReads } from '../../adapters/dynamodb/client-reads.ts';
import { readProfile } from '../../adapters/dynamodb/customer-reader.ts';
import { createMeasurements, type Measurements } from '../../cli/demo/measure.ts';
import { type Recommendation, recommendation } from '../../core/blocks/recommendation.ts';
import { identityOf, identityRef } from '../../core/identity/identity-key.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { sharedAssembly } from './shared-assembly.ts';

/** A running local cloud with what the tests ask of it, over the wire as any client would. */
export interface TestCloud {
  readonly cloud: LocalCloud;
  readonly measurements: Measurements;
  readonly clients: {
    readonly dynamoDb: DynamoDBClient;
    readonly kinesis: KinesisClient;
    readonly s3: S3Client;
    readonly sfn: SFNClient;
    readonly cloudWatch: CloudWatchClient;
  };
  send(path: string, body: unknown): Promise<Response>;
  fetchBlock(path: string): Promise<Response>;
  recommend(placement: string, customer: string, limit?: number): Promise<Recommendation>;
  profileOf(userId: string): Promise<Profile | undefined>;
  /** Everything that the functions and the cloud have logged so far. */
  logLines(): readonly string[];
  stop(): Promise<void>;
}

/** Runs the app's template: the same bundles that deploy. */
export async function startTestCloud(): Promise<TestCloud> {
  const log: string[] = [];
  const cloud = await startLocalCloud({
    assemblyDirectory: await sharedAssembly(),
    log: (line) => log.push(JSON.stringify(line)),
  });
  const { connection } = cloud;
  const options = (service: string) => ({
    region: connection.region,
    endpoint: connection.aws[service] ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const clients = {
    dynamoDb: new DynamoDBClient(options('dynamodb')),
    kinesis: new KinesisClient(options('kinesis')),
    s3: new S3Client({ ...options('s3'), forcePathStyle: true }),
    sfn: new SFNClient(options('sfn')),
    cloudWatch: new CloudWatchClient(options('cloudwatch')),
  };
  const secrets = new SecretsManagerClient(options('secretsmanager'));
  const identitySecret = await secrets.send(
    new GetSecretValueCommand({ SecretId: connection.resources.IdentitySecretArn ?? '' }),
  );
  const fetchBlock = (path: string) =>
    fetch(`${connection.api}${path}`, { headers: { 'x-api-key': connection.apiKey } });

  return {
    cloud,
    clients,
    measurements: createMeasurements(connection),
    send: (path, body) =>
      fetch(`${connection.collector}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from(`${connection.writeKey}:`).toString('base64')}`,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    fetchBlock,
    recommend: async (placement, customer, limit = 4) => {
      const response = await fetchBlock(
        `/v1/recommendations/${placement}?customer=${encodeURIComponent(customer)}&limit=${limit}`,
      );
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
      return recommendation.parse(await response.json());
    },
    profileOf: async (userId) => {
      const ref = identityRef(identityOf('userId', userId, identitySecret.SecretString ?? ''));
      const link = await clients.dynamoDb.send(
        new GetItemCommand({
          TableName: connection.resources.IdentitiesTableName ?? '',
          Key: { identity: { S: ref } },
          ConsistentRead: true,
        }),
      );
      const profileId = link.Item?.profileId?.S;
      if (profileId === undefined) return undefined;
      const { ProfilesTableName = '', IdentitiesTableName = '' } = connection.resources;
      return readProfile(
        {
          reads: clientReads(clients.dynamoDb),
          identitiesTable: IdentitiesTableName,
          profilesTable: ProfilesTableName,
        },
        profileId,
        AbortSignal.timeout(10_000),
      );
    },
    logLines: () => log,
    stop: async () => {
      await cloud.stop();
      for (const client of [...Object.values(clients), secrets]) client.destroy();
    },
  };
}

/** Polls until `condition` holds; fails with `what` and the last value when it doesn't within the bound. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  condition: (value: T) => boolean,
  boundMs = 45_000,
): Promise<T> {
  const deadline = performance.now() + boundMs;
  for (;;) {
    const value = await read();
    if (condition(value)) return value;
    if (performance.now() > deadline) {
      throw new Error(`${what} did not come about; last seen: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
