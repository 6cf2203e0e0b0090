import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LocalCloud, startLocalCloud } from '../local/cloud.ts';

/** API Gateway's own default for an account, ten times over. */
const REQUESTS_PER_SECOND_MAX = 100_000;

/** The development environment on this machine, without what reads its stream. */
export async function withLocalCloud(
  work: (cloud: LocalCloud, template: Template) => Promise<void>,
): Promise<void> {
  const assemblyDirectory = await mkdtemp(join(tmpdir(), 'kindred-bench-'));
  try {
    const synth = ['cdk/app.ts', '--quiet', '--output', assemblyDirectory];
    await promisify(execFile)(process.execPath, synth);
    const template = await withoutConsumers(join(assemblyDirectory, 'Kindred-dev.template.json'));
    const cloud = await startLocalCloud({ assemblyDirectory });
    try {
      await work(cloud, template);
    } finally {
      await cloud.stop();
    }
  } finally {
    await rm(assemblyDirectory, { recursive: true, force: true });
  }
}

export interface Template {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  readonly Outputs: Record<string, object>;
}

/**
 * Takes what reads the stream out of the measurement: on AWS it runs elsewhere, here it would share
 * two cores with what is measured; and the limits of requests.
 */
async function withoutConsumers(templateFile: string): Promise<Template> {
  const template = JSON.parse(await readFile(templateFile, 'utf8')) as Template;
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    liftLimits(Type, Properties);
    if (Type === 'AWS::Lambda::EventSourceMapping') Properties.Enabled = false;
    if (Type === 'AWS::KinesisFirehose::DeliveryStream') leaveOut(template, id);
  }
  await writeFile(templateFile, JSON.stringify(template));
  return template;
}

/** What development may be asked a second is less than what is measured. */
function liftLimits(type: string, properties: Record<string, unknown>): void {
  if (type === 'AWS::ApiGateway::UsagePlan') {
    properties.Throttle = {
      RateLimit: REQUESTS_PER_SECOND_MAX,
      BurstLimit: REQUESTS_PER_SECOND_MAX,
    };
  }
  if (type !== 'AWS::ApiGateway::Stage' || !Array.isArray(properties.MethodSettings)) return;
  for (const settings of properties.MethodSettings) {
    settings.ThrottlingRateLimit = REQUESTS_PER_SECOND_MAX;
    settings.ThrottlingBurstLimit = REQUESTS_PER_SECOND_MAX;
  }
}

/** A resource with what names it: alarms and outputs. */
function leaveOut({ Resources, Outputs }: Template, id: string): void {
  for (const entries of [Resources, Outputs]) {
    for (const [name, entry] of Object.entries(entries)) {
      if (name === id || JSON.stringify(entry).includes(`"${id}"`)) delete entries[name];
    }
  }
}

/** A function's variables, with the names that the outputs have for them, or that are given. */
export function functionVariables(
  logicalId: string,
  { Resources }: Template,
  { connection }: LocalCloud,
  given: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const found = Resources[logicalId];
  if (found === undefined) throw new Error(`the template has no function ${logicalId}`);
  const { Environment } = found.Properties as {
    Environment: { Variables: Record<string, unknown> };
  };
  const { resources } = connection;
  const named: Readonly<Record<string, string | undefined>> = {
    EVENTS_STREAM_NAME: resources.EventsStreamName,
    QUARANTINE_BUCKET: resources.QuarantineBucketName,
    MODELS_BUCKET: resources.ModelsBucketName,
    CONFIG_TABLE: resources.ConfigTableName,
    PROFILES_TABLE: resources.ProfilesTableName,
    IDENTITIES_TABLE: resources.IdentitiesTableName,
    CATALOGUE_TABLE: resources.CatalogueTableName,
    INSPECTOR_TABLE: resources.InspectorTableName,
    IDENTITY_SECRET_ID: resources.IdentitySecretArn,
    WRITE_KEY_SECRET_ID: resources.WriteKeySecretArn,
    ...given,
  };
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(Environment.Variables)) {
    const known = named[name] ?? (typeof value === 'string' ? value : undefined);
    if (known === undefined) throw new Error(`nothing names the variable ${name} of ${logicalId}`);
    variables[name] = known;
  }
  return variables;
}
