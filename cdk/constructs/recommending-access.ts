import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EXPERIMENT_KIND } from '../../core/experiments/experiment.ts';
import { PLACEMENT_KIND } from '../../core/ranking/placement.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { allow } from './node-function.ts';

/** What a recommendation is made from: where it lies, and the right to read it. */
export function recommendingAccess({ tables, buckets, secrets }: StateStack) {
  return {
    variables: {
      PROFILES_TABLE: tables.profiles.tableName,
      IDENTITIES_TABLE: tables.identities.tableName,
      CATALOGUE_TABLE: tables.catalogue.tableName,
      CONFIG_TABLE: tables.config.tableName,
      MODELS_BUCKET: buckets.models.bucketName,
      IDENTITY_SECRET_ID: secrets.identity.secretArn,
    },
    permissions: [
      allow(
        ['dynamodb:BatchGetItem'],
        [tables.profiles, tables.identities, tables.catalogue].map((table) => table.tableArn),
      ),
      allow(['dynamodb:GetItem'], [tables.config.tableArn]),
      readsKinds(tables.config, [PLACEMENT_KIND, EXPERIMENT_KIND]),
      allow(['secretsmanager:GetSecretValue'], [secrets.identity.secretArn]),
    ],
    objects: [{ actions: ['s3:GetObject'], bucket: buckets.models, prefix: 'models/' }],
  };
}

/** Of the configuration documents of these kinds alone. */
export function readsKinds(config: Table, kinds: readonly string[]): PolicyStatement {
  const statement = allow(['dynamodb:Query'], [config.tableArn]);
  statement.addCondition('ForAllValues:StringEquals', { 'dynamodb:LeadingKeys': [...kinds] });
  return statement;
}
