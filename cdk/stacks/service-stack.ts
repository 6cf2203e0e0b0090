import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Watched } from '../constructs/alarm-terms.ts';
import { Alarms } from '../constructs/alarms.ts';
import { CartSweep } from '../constructs/cart-sweep.ts';
import { Collector } from '../constructs/collector.ts';
import { CurrentsDrop } from '../constructs/currents-drop.ts';
import { Dashboard } from '../constructs/dashboard.ts';
import { Enricher } from '../constructs/enricher.ts';
import { EventLake } from '../constructs/event-lake.ts';
import { FileDrop } from '../constructs/file-drop.ts';
import { LakeCompaction } from '../constructs/lake-compaction.ts';
import { LakeTables } from '../constructs/lake-tables.ts';
import { NightlyAudit } from '../constructs/nightly-audit.ts';
import { NightlyExperiments } from '../constructs/nightly-experiments.ts';
import type { FunctionDefaults } from '../constructs/node-function.ts';
import { OperatorApi } from '../constructs/operator-api.ts';
import { OperatorPreview } from '../constructs/operator-preview.ts';
import { PrivacyWorkflows } from '../constructs/privacy-workflows.ts';
import { PullSources } from '../constructs/pull-sources.ts';
import { RecommendationApi } from '../constructs/recommendation-api.ts';
import { RecommendationExports } from '../constructs/recommendation-exports.ts';
import { ReplayWorkflow } from '../constructs/replay-workflow.ts';
import { RestApi } from '../constructs/rest-api.ts';
import { SchemaApi } from '../constructs/schema-api.ts';
import { TrainingWorkflow } from '../constructs/training-workflow.ts';
import { Webhooks } from '../constructs/webhooks.ts';
import type { StateStack } from './state-stack.ts';

export interface ServiceStackProps extends StackProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Everything that computes and holds nothing: it can be deleted and deployed again at any time. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    const { defaults, state, ...stackProps } = props;
    super(scope, id, stackProps);
    const { environment, environmentName } = defaults;
    const restApi = new RestApi(this, 'RestApi', { environment, environmentName });
    const collector = new Collector(this, 'Collector', {
      defaults,
      state,
      v1: restApi.v1,
      beacon: restApi.beacon,
    });
    new Webhooks(this, 'Webhooks', { defaults, state, v1: restApi.v1 });
    new SchemaApi(this, 'SchemaApi', { defaults, v1: restApi.v1 });
    const pull = new PullSources(this, 'PullSources', { defaults, state }).stateMachine;
    const files = new FileDrop(this, 'FileDrop', { defaults, state });
    const currents = new CurrentsDrop(this, 'CurrentsDrop', {
      defaults,
      state,
      bucket: state.buckets.drop,
    }).function;
    const enricher = new Enricher(this, 'Enricher', { defaults, state });
    const lake = new EventLake(this, 'EventLake', { environment, state });
    const compaction = new LakeCompaction(this, 'Compaction', { defaults, state });
    const audit = new NightlyAudit(this, 'NightlyAudit', { defaults, state }).stateMachine;
    const experiments = new NightlyExperiments(this, 'NightlyExperiments', { defaults, state });
    const carts = new CartSweep(this, 'CartSweep', { defaults, state }).stateMachine;
    const lakeTables = new LakeTables(this, 'LakeTables', { defaults, state });
    const training = new TrainingWorkflow(this, 'Training', { defaults, state });
    new RecommendationApi(this, 'Recommendations', { defaults, state, restApi });
    const replay = new ReplayWorkflow(this, 'ReplayWorkflow', { defaults, state }).stateMachine;
    const { erase, exportCustomer } = new PrivacyWorkflows(this, 'Privacy', { defaults, state });
    const exportRecommendations = new RecommendationExports(this, 'RecommendationExports', {
      defaults,
      state,
    }).stateMachine;
    const workflows = { replay, erase, exportCustomer, exportRecommendations };
    new OperatorApi(this, 'Operators', { defaults, state, v1: restApi.v1, ...workflows });
    new OperatorPreview(this, 'OperatorPreview', { defaults, state, v1: restApi.v1 });
    const watched: Watched = {
      api: restApi.api,
      collect: collector.function,
      enrich: enricher.function,
      mapping: enricher.mapping,
      stateMachine: training.stateMachine,
      compaction: compaction.stateMachine,
      audit,
      experiments: experiments.stateMachine,
      carts,
      ...workflows,
      imports: files.stateMachine,
      currents,
    };
    const alarms = this.watch(watched, defaults);
    this.addOutputs(state, restApi, lake, training, alarms);
    addOutputs(this, {
      PullStateMachineArn: pull.stateMachineArn,
      CompactStateMachineArn: compaction.stateMachine.stateMachineArn,
      AuditStateMachineArn: audit.stateMachineArn,
      ExperimentsStateMachineArn: experiments.stateMachine.stateMachineArn,
      ExportRecommendationsStateMachineArn: exportRecommendations.stateMachineArn,
      SweepCartsStateMachineArn: carts.stateMachineArn,
      GlueDatabaseName: lakeTables.databaseName,
      AthenaWorkGroupName: lakeTables.workGroupName,
      DropBucketName: state.buckets.drop.bucketName,
      PrivacyBucketName: state.buckets.privacy.bucketName,
    });
  }

  private watch(watched: Watched, { environment, environmentName }: FunctionDefaults): Alarms {
    const { monitoring } = environment;
    const alarms = new Alarms(this, 'Alarms', { environmentName, monitoring, watched });
    if (alarms.alarms.length > 0) {
      new Dashboard(this, 'Dashboard', { environmentName, alarms: alarms.alarms, watched });
    }
    return alarms;
  }

  /** What programs need to know about a deployment, all in one place. */
  private addOutputs(
    { tables, stream, buckets, secrets }: StateStack,
    restApi: RestApi,
    lake: EventLake,
    training: TrainingWorkflow,
    alarms: Alarms,
  ): void {
    const outputs = {
      ApiUrl: restApi.baseUrl,
      CollectorUrl: restApi.baseUrl,
      EventsStreamName: stream.stream.streamName,
      ProfilesTableName: tables.profiles.tableName,
      IdentitiesTableName: tables.identities.tableName,
      DedupeTableName: tables.dedupe.tableName,
      CatalogueTableName: tables.catalogue.tableName,
      ConfigTableName: tables.config.tableName,
      InspectorTableName: tables.inspector.tableName,
      DeliveryStreamName: lake.deliveryStreamName,
      LakeBucketName: buckets.lake.bucketName,
      ModelsBucketName: buckets.models.bucketName,
      QuarantineBucketName: buckets.quarantine.bucketName,
      FailuresBucketName: buckets.failures.bucketName,
      TrainStateMachineArn: training.stateMachine.stateMachineArn,
      IdentitySecretArn: secrets.identity.secretArn,
      WriteKeySecretArn: secrets.writeKey.secretArn,
      TokenSecretArn: secrets.token.secretArn,
      ApiKeySecretArn: secrets.apiKey.secretArn,
      SourceSecretsArn: secrets.sources.secretArn,
      AlarmTopicArn: alarms.topic.topicArn,
    };
    addOutputs(this, outputs);
  }
}

function addOutputs(stack: Stack, outputs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
}
