import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateTaskDefinition,
  LogDriver,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { acknowledge } from './acknowledgement.ts';
import { bundleOf } from './bundled-code.ts';
import { allow, type FunctionDefaults } from './node-function.ts';
import { allowObjects, type ObjectAccess } from './object-access.ts';

export interface TrainingTaskProps {
  readonly defaults: FunctionDefaults;
  readonly task: NonNullable<Environment['train']['task']>;
  readonly variables: Readonly<Record<string, string>>;
  readonly objects: readonly ObjectAccess[];
}

/** A processor of Fargate in its own unit. */
const CPU_UNITS = 1_024;
const MIB = 1_024;
const HTTPS = 443;

/** No other image has the Node that the functions run on, patched by AWS. */
const DOCKERFILE = `FROM public.ecr.aws/docker/library/node:24-slim
COPY index.mjs /train/index.mjs
USER node
CMD ["node", "--enable-source-maps", "/train/index.mjs"]
`;

/** What the state machine's definition names of the task; where there is none, it is never chosen. */
export function noTask(): Record<string, string> {
  return {
    TaskInteractionsMin: String(Number.MAX_SAFE_INTEGER),
    TaskClusterArn: 'none',
    TaskDefinitionArn: 'none',
    TaskSubnetOne: 'none',
    TaskSubnetTwo: 'none',
    TaskSecurityGroup: 'none',
  };
}

/**
 * The training function's code as a Fargate task. Between runs nothing of it exists that costs: a network without NAT
 * or interface endpoints, a cluster without services. A task has a public address to fetch its image by, and accepts no
 * connection.
 */
export class TrainingTask extends Construct {
  readonly substitutions: Record<string, string>;
  readonly #definition: FargateTaskDefinition;
  readonly #cluster: Cluster;

  constructor(scope: Construct, id: string, props: TrainingTaskProps) {
    super(scope, id);
    const { defaults, task } = props;
    const { vpc, securityGroup } = this.network(defaults);
    // CDK's classes don't satisfy its own interfaces under exactOptionalPropertyTypes.
    this.#cluster = new Cluster(this, 'Cluster', {
      vpc: vpc as IVpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    this.#definition = this.definition(props);
    const [one = '', two = ''] = vpc.publicSubnets.map(({ subnetId }) => subnetId);
    this.substitutions = {
      TaskInteractionsMin: String(task.interactionsMin),
      TaskClusterArn: this.#cluster.clusterArn,
      TaskDefinitionArn: this.#definition.taskDefinitionArn,
      TaskSubnetOne: one,
      TaskSubnetTwo: two,
      TaskSecurityGroup: securityGroup.securityGroupId,
    };
  }

  /** What `ecs:runTask.sync` needs: to start it, to look after it, and to hand it its two roles. */
  allowRun(role: IRole): void {
    const { region, account, partition } = Stack.of(this);
    const { taskDefinitionArn, taskRole, executionRole } = this.#definition;
    role.addToPrincipalPolicy(allow(['ecs:RunTask'], [taskDefinitionArn]));
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['ecs:StopTask', 'ecs:DescribeTasks'],
        resources: ['*'],
        conditions: { ArnEquals: { 'ecs:cluster': this.#cluster.clusterArn } },
      }),
    );
    role.addToPrincipalPolicy(
      allow(['iam:PassRole'], [taskRole.roleArn, executionRole?.roleArn ?? taskRole.roleArn]),
    );
    // The rule by which Step Functions hears that a task has ended; it makes it by itself.
    const rule = `arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForECSTaskRule`;
    role.addToPrincipalPolicy(
      allow(['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], [rule]),
    );
  }

  private network({ environment }: FunctionDefaults) {
    const vpc = new Vpc(this, 'Network', {
      natGateways: 0,
      maxAzs: 2,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
      ],
      // Snapshots and models take the way that costs nothing.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    vpc.addFlowLog('Rejected', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLog', {
          retention: environment.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });
    const securityGroup = new SecurityGroup(this, 'OutwardOnly', {
      vpc: vpc as IVpc,
      description: 'Training reaches AWS over HTTPS, and nobody reaches it',
      allowAllOutbound: false,
    });
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(HTTPS), 'AWS over HTTPS');
    return { vpc, securityGroup };
  }

  private definition({ defaults, task, variables, objects }: TrainingTaskProps) {
    const taskRole = new Role(this, 'TaskRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'What the training task may read and write',
    });
    for (const access of objects) allowObjects(taskRole, access);
    const definition = new FargateTaskDefinition(this, 'Definition', {
      taskRole,
      cpu: task.processors * CPU_UNITS,
      memoryLimitMiB: task.memoryGb * MIB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    definition.addContainer('train', {
      image: ContainerImage.fromAsset(this.image(defaults)),
      logging: LogDriver.awsLogs({
        streamPrefix: 'train',
        logGroup: new LogGroup(this, 'Log', {
          retention: defaults.environment.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
      environment: {
        ...variables,
        AWS_REGION: Stack.of(this).region,
        NODE_OPTIONS: `--max-old-space-size=${Math.floor((task.memoryGb * MIB) / 2)}`,
        POWERTOOLS_LOG_LEVEL: defaults.environment.logLevel,
        POWERTOOLS_SERVICE_NAME: 'traintask',
      },
    });
    acknowledge(
      definition,
      {
        finding: 'AwsSolutions-ECS2',
        reason: 'The variables are names of buckets and tables, no secrets.',
      },
      {
        finding: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'ecr:GetAuthorizationToken accepts no resource but *.',
      },
    );
    return definition;
  }

  /** A folder with the bundle and how it becomes an image; Docker makes it at deployment. */
  private image({ root }: FunctionDefaults): string {
    const folder = join(root, '.kindred', 'train-task');
    mkdirSync(folder, { recursive: true });
    for (const { name, contents } of bundleOf(
      join(root, 'lambdas/recommend/train-task.ts'),
      root,
    )) {
      writeFileSync(join(folder, name), contents);
    }
    writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE);
    return folder;
  }
}
