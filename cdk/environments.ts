import * as z from 'zod';
import { exportSettings, trainSettings } from './learning-settings.ts';
import { scheduleExpression } from './schedule-expression.ts';
import { clickSettings, servingSettings } from './serving-settings.ts';

/**
 * What differs between the environments, and nothing else. Every key is required unless its comment
 * says otherwise, and an unknown key is refused: a misspelt setting must not fall back to a default
 * in silence.
 */

/** CloudWatch Logs accepts only certain retentions; these are the ones that make sense here. */
const retentionDays = z.literal([7, 14, 30, 90, 180, 365]);

/** Lambda gives one vCPU at 1,769 MB and allows 128 to 10,240. */
const memoryMb = z.int().min(128).max(10_240);

const monitored = z.strictObject({
  noMonitoring: z.undefined().optional(),
  /** Where alarms are mailed. Optional: without it only the topic is made. */
  alarmEmail: z.email().optional(),
  thresholds: z.strictObject({
    /** Age of the oldest record that the enricher has not folded. */
    iteratorAgeMinutes: z.number().positive(),
    /** Share of API requests answered 5xx, 0 to 1. */
    apiServerErrorShare: z.number().gt(0).lt(1),
    /** Share of recommendation requests that a fallback rung answered, 0 to 1. */
    fallbackShare: z.number().gt(0).lte(1),
    /** Share of events that went to quarantine, 0 to 1. */
    quarantineShare: z.number().gt(0).lte(1),
    /** Age of the model that serves; a little more than two training periods. */
    modelAgeHours: z.number().positive(),
    /** How far a pulled source may be behind its own rhythm. */
    pullLagMinutes: z.number().positive(),
    /** Failed or throttled collector invocations in five minutes. */
    collectorFailures: z.int().positive(),
    /** Webhook requests in five minutes that fail their verification; anybody can send such. */
    webhooksRefused: z.int().nonnegative(),
  }),
});

const secretArn = z.string().regex(/^arn:aws[a-z-]*:secretsmanager:/, {
  error: 'must be the ARN of a secret in Secrets Manager',
});

/** Kafka's default group, and what its broker shows of who reads. */
const kafkaShared = {
  topic: z.string().regex(/^[\w.-]{1,249}$/, { error: 'must be the name of a Kafka topic' }),
  /** User name and password for SASL/SCRAM. */
  secretArn,
};

/** A stream of collected events beside Kinesis; see docs/how-to/other-streams.md. */
const otherStream = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('msk'),
    clusterArn: z.string().regex(/^arn:aws[a-z-]*:kafka:/, { error: 'must be an MSK cluster' }),
    ...kafkaShared,
  }),
  z.strictObject({
    kind: z.literal('kafka'),
    bootstrapServers: z.array(z.string().regex(/^[\w.-]+:\d+$/)).min(1),
    ...kafkaShared,
    /** Where the brokers can be reached, when not from everywhere. */
    subnetIds: z.array(z.string().regex(/^subnet-/)).optional(),
    securityGroupId: z.string().regex(/^sg-/).optional(),
  }),
  z.strictObject({
    kind: z.literal('rabbitmq'),
    brokerArn: z.string().regex(/^arn:aws[a-z-]*:mq:/, { error: 'must be an Amazon MQ broker' }),
    queue: z.string().min(1),
    virtualHost: z.string().min(1),
    /** User name and password of the broker. */
    secretArn,
  }),
]);
export type OtherStream = z.infer<typeof otherStream>;

/** Opting out of the alarms is a statement, never an omission. */
const unmonitored = z.strictObject({ noMonitoring: z.literal(true) });

const environmentSchema = z
  .strictObject({
    /** Keeps the tables, buckets and secrets when the stack goes, and refuses to delete them. */
    retainsState: z.boolean(),
    /** Optional: without it the stacks take the account and region of whoever deploys. */
    aws: z
      .strictObject({
        account: z.string().regex(/^\d{12}$/, { error: 'must be the 12 digits of an AWS account' }),
        region: z
          .string()
          .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'must be a region like eu-west-1' }),
      })
      .optional(),
    logLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
    logRetentionDays: retentionDays,
    /** Kinesis keeps a record 24 hours at least, 8,760 at most. */
    streamRetentionHours: z.int().min(24).max(8760),
    /** Firehose writes a file at least this often; the service allows 0 to 900. */
    lakeIntervalSeconds: z.int().min(0).max(900),
    /** Events older than this leave the lake, raw and curated. */
    lakeRetentionDays: z.int().min(30),
    privacy: z.strictObject({
      /** A customer whose last event is older than this is forgotten. */
      profileRetentionDays: z.int().min(30),
      /**
       * How long an erasure waits for what is on its way: longer than a file of the lake stays open and than a
       * step of compaction takes to write what it has read.
       */
      settleSeconds: z.int().min(1).max(86_400),
    }),
    enrich: z.strictObject({
      /** Records an invocation takes; Lambda allows 10,000, the 6 MB payload fewer of the largest. */
      batchSize: z.int().min(1).max(1000),
      /** How long a batch may wait to fill: freshness is worth more than fill. */
      batchingWindowSeconds: z.int().min(0).max(5),
      /** Batches of one shard in flight at once, each with its own customers. */
      parallelizationFactor: z.int().min(1).max(10),
      retryAttempts: z.int().min(0).max(100),
      /** A record older than this goes to the failures bucket; under the stream's retention. */
      recordAgeHoursMax: z.int().min(1).max(168),
      /** Optional: a stream of collected events that is read beside Kinesis, which always is. */
      from: otherStream.optional(),
    }),
    train: trainSettings,
    /** Optional: without it recommendation lists are exported only when an operator asks. */
    exports: exportSettings.optional(),
    /** Optional: the network in which pulled sources stand; see docs/how-to/connect-a-database.md. */
    pull: z
      .strictObject({
        subnetIds: z.array(z.string().regex(/^subnet-/, { error: 'must be a subnet' })).min(1),
        securityGroupIds: z
          .array(z.string().regex(/^sg-/, { error: 'must be a security group' }))
          .min(1),
      })
      .optional(),
    /** The nightly work that makes the day before into Parquet. */
    compaction: z.strictObject({ schedule: scheduleExpression, scheduleEnabled: z.boolean() }),
    /** The nightly audit of data; some time after compaction, whose day it reads. */
    audit: z.strictObject({ schedule: scheduleExpression, scheduleEnabled: z.boolean() }),
    /** The results of experiments, every night; some time after compaction, whose days they are made of. */
    experiments: z.strictObject({ schedule: scheduleExpression, scheduleEnabled: z.boolean() }),
    carts: z.strictObject({
      /** A cart that nobody has touched for so long, and no order came, is abandoned; at most a day. */
      abandonedAfterMinutes: z.int().min(5).max(1_440),
      /** How often it is looked for such carts: that much later an email can go out. */
      schedule: scheduleExpression,
      scheduleEnabled: z.boolean(),
    }),
    memoryMb: z.strictObject({
      collect: memoryMb,
      enrich: memoryMb,
      compact: memoryMb,
      audit: memoryMb,
      analyse: memoryMb,
      sweep: memoryMb,
      serve: memoryMb,
      authorize: memoryMb,
      snapshot: memoryMb,
      check: memoryMb,
      train: memoryMb,
      evaluate: memoryMb,
      publish: memoryMb,
      retain: memoryMb,
      export: memoryMb,
    }),
    api: z.strictObject({
      /** Requests a second for the whole stage, collector included. */
      stageRateLimit: z.int().positive(),
      stageBurstLimit: z.int().positive(),
      /** Requests a second of one API key, and its requests a month. */
      keyRateLimit: z.int().positive(),
      keyBurstLimit: z.int().positive(),
      keyMonthlyQuota: z.int().positive(),
    }),
    serving: servingSettings,
    clicks: clickSettings,
    monitoring: z.discriminatedUnion('noMonitoring', [unmonitored, monitored]),
  })
  .refine(({ enrich, streamRetentionHours }) => enrich.recordAgeHoursMax < streamRetentionHours, {
    path: ['enrich', 'recordAgeHoursMax'],
    error:
      'must be under streamRetentionHours, or the stream forgets a record before it is set aside',
  });

export type Environment = z.infer<typeof environmentSchema>;
export type Monitored = z.infer<typeof monitored>;

export const environmentNames = ['dev', 'staging', 'prod'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

/** An environment that cannot be deployed as written; the message names the field. */
export class EnvironmentError extends Error {}

/** Checks one environment; `name` only appears in the message. */
export function parseEnvironment(name: string, value: unknown): Environment {
  const parsed = environmentSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${describeIssue(issue)}`);
  throw new EnvironmentError(
    `environment "${name}" in cdk/environments.ts is not valid:\n${lines.join('\n')}`,
  );
}

/** Is this the name of an environment? */
export function isEnvironmentName(name: string): name is EnvironmentName {
  return environmentNames.some((known) => known === name);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => [...issue.path, key].join('.'));
    return `${keys.join(', ')}: unknown; correct the spelling or remove it`;
  }
  return `${path === '' ? '(environment)' : path}: ${issue.message}`;
}

const dev: Environment = {
  retainsState: false,
  logLevel: 'INFO',
  logRetentionDays: 14,
  streamRetentionHours: 24,
  // Small files are fine while developing, and waiting a minute for an event in the lake is not.
  lakeIntervalSeconds: 5,
  lakeRetentionDays: 90,
  privacy: { profileRetentionDays: 1095, settleSeconds: 10 },
  enrich: {
    batchSize: 100,
    batchingWindowSeconds: 0,
    parallelizationFactor: 1,
    retryAttempts: 5,
    recordAgeHoursMax: 6,
  },
  train: {
    // After the audit, whose word it waits for.
    schedule: 'cron(0 4 * * ? *)',
    scheduleEnabled: true,
    modelsKeptMax: 5,
    modelsKeptDaysMin: 7,
    snapshotRetentionDays: 7,
  },
  compaction: { schedule: 'cron(30 1 * * ? *)', scheduleEnabled: true },
  audit: { schedule: 'cron(0 3 * * ? *)', scheduleEnabled: true },
  experiments: { schedule: 'cron(30 3 * * ? *)', scheduleEnabled: true },
  // An hour is when the usual reminder goes out: earlier, many would have bought anyway.
  carts: { abandonedAfterMinutes: 60, schedule: 'rate(5 minutes)', scheduleEnabled: true },
  memoryMb: {
    collect: 512,
    enrich: 512,
    compact: 1769,
    audit: 1769,
    analyse: 1769,
    sweep: 256,
    serve: 1024,
    authorize: 256,
    snapshot: 1769,
    check: 256,
    train: 1769,
    evaluate: 1769,
    // Fits the final model, so it needs what training needs.
    publish: 1769,
    retain: 256,
    export: 1769,
  },
  api: {
    stageRateLimit: 500,
    stageBurstLimit: 1000,
    keyRateLimit: 200,
    keyBurstLimit: 400,
    keyMonthlyQuota: 10_000_000,
  },
  // Wide, so that a table that is seldom asked, or a busy laptop, is no reason to fall back.
  serving: { customerReadMs: 250, firstModelMs: 1_500 },
  // The synthetic shop's.
  clicks: { allowedHosts: ['shop.example'], linkDaysMax: 90 },
  monitoring: {
    thresholds: {
      iteratorAgeMinutes: 5,
      apiServerErrorShare: 0.05,
      fallbackShare: 0.5,
      quarantineShare: 0.2,
      modelAgeHours: 50,
      pullLagMinutes: 120,
      collectorFailures: 5,
      webhooksRefused: 20,
    },
  },
};

const prod: Environment = {
  retainsState: true,
  logLevel: 'INFO',
  logRetentionDays: 90,
  // A week to repair the enricher before a record is lost from the stream.
  streamRetentionHours: 168,
  // Fewer, larger files are cheaper to list and to read.
  lakeIntervalSeconds: 300,
  // Two years of seasons for training, and the longest that personal data is kept by default.
  lakeRetentionDays: 730,
  // Three years, after which claims from a sale have mostly lapsed; and fifteen minutes of compaction.
  privacy: { profileRetentionDays: 1095, settleSeconds: 1_200 },
  enrich: {
    batchSize: 200,
    batchingWindowSeconds: 1,
    parallelizationFactor: 4,
    retryAttempts: 10,
    recordAgeHoursMax: 24,
  },
  // A month of nights to go back to, and two weeks to ask what a model was made of.
  train: {
    // After the audit, whose word it waits for.
    schedule: 'cron(0 4 * * ? *)',
    scheduleEnabled: true,
    modelsKeptMax: 10,
    modelsKeptDaysMin: 30,
    snapshotRetentionDays: 14,
  },
  compaction: { schedule: 'cron(30 1 * * ? *)', scheduleEnabled: true },
  audit: { schedule: 'cron(0 3 * * ? *)', scheduleEnabled: true },
  experiments: { schedule: 'cron(30 3 * * ? *)', scheduleEnabled: true },
  // An hour is when the usual reminder goes out: earlier, many would have bought anyway.
  carts: { abandonedAfterMinutes: 60, schedule: 'rate(5 minutes)', scheduleEnabled: true },
  memoryMb: {
    collect: 1024,
    enrich: 1769,
    compact: 3538,
    audit: 5307,
    analyse: 5307,
    sweep: 512,
    serve: 1769,
    authorize: 512,
    snapshot: 7076,
    check: 512,
    train: 7076,
    evaluate: 7076,
    publish: 7076,
    retain: 256,
    // The model, and a part's rows in three forms.
    export: 3538,
  },
  api: {
    stageRateLimit: 5000,
    stageBurstLimit: 5000,
    keyRateLimit: 2500,
    keyBurstLimit: 5000,
    keyMonthlyQuota: 100_000_000,
  },
  // Five times what DynamoDB's slowest reads take; a slow one costs a customer the personal answer, not the ESP its time.
  // And a new process answers by the next rungs until its model is there.
  serving: { customerReadMs: 50, firstModelMs: 50 },
  // Name the shop's hosts here to have clicks recorded.
  clicks: { allowedHosts: [], linkDaysMax: 90 },
  monitoring: {
    thresholds: {
      iteratorAgeMinutes: 2,
      apiServerErrorShare: 0.01,
      fallbackShare: 0.3,
      quarantineShare: 0.05,
      modelAgeHours: 50,
      pullLagMinutes: 60,
      collectorFailures: 10,
      webhooksRefused: 20,
    },
  },
};

/** Production's shape at development's retention and a quarter of its size. */
const staging: Environment = {
  ...prod,
  retainsState: false,
  logRetentionDays: 30,
  streamRetentionHours: 48,
  lakeIntervalSeconds: 60,
  lakeRetentionDays: 90,
  api: {
    stageRateLimit: 1000,
    stageBurstLimit: 2000,
    keyRateLimit: 500,
    keyBurstLimit: 1000,
    keyMonthlyQuota: 25_000_000,
  },
};

/** The environments that can be deployed, unchecked; `parseEnvironment` checks one. */
export const environments: Readonly<Record<EnvironmentName, Environment>> = { dev, staging, prod };
