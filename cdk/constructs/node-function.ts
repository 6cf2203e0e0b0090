import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, type Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment, EnvironmentName } from '../environments.ts';
import { acknowledge, xrayHasNoResources } from './acknowledgement.ts';
import { missingBinding, type NativeBinding } from './native-binding.ts';
import { allowObjects, type ObjectAccess } from './object-access.ts';

/** What every function of an environment shares. */
export interface FunctionDefaults {
  readonly environmentName: EnvironmentName;
  readonly environment: Environment;
  /** The repository's root, below which the entries are. */
  readonly root: string;
  /** Makes a function's code of its entry file. */
  readonly code: (entryFile: string, root: string, native?: NativeBinding) => Code;
}

export interface NodeFunctionProps {
  readonly defaults: FunctionDefaults;
  /** The handler's file, from the repository's root. */
  readonly entry: string;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  /** The variables beside those that every function has. */
  readonly variables: Readonly<Record<string, string>>;
  /** Exactly what the handler calls, on exactly what it touches. */
  readonly permissions: readonly PolicyStatement[];
  readonly objects?: readonly ObjectAccess[];
  /** What can't be bundled; it also says on which processor the function runs. */
  readonly native?: NativeBinding;
  /** The function under whose name it logs and counts, where several are watched as one; itself where absent. */
  readonly countedAs?: string;
  /** Space in `/tmp`; 512 MB where absent, 10,240 at most. */
  readonly diskMb?: number;
}

/**
 * A Lambda function on Node 24, and arm64 unless it has native parts, from one bundled file, with a role that may do what
 * `permissions` says, write its own log and trace, and nothing else. Its logical id is the construct's
 * id alone, so that people and programs can name it.
 */
export class NodeFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const { defaults, entry } = props;
    const { environment } = defaults;
    const entryFile = join(defaults.root, entry);
    if (!existsSync(entryFile)) {
      throw new Error(`the handler ${entry} of function ${id} does not exist`);
    }
    const logGroup = new LogGroup(this, 'Log', {
      retention: environment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Execution role of ${id}`,
    });
    logGroup.grantWrite(this.role);
    for (const statement of props.permissions) this.role.addToPolicy(statement);
    for (const access of props.objects ?? []) allowObjects(this.role, access);
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: props.native?.architecture ?? Architecture.ARM_64,
      handler: 'index.handler',
      code: defaults.code(entryFile, defaults.root, props.native),
      role: this.role,
      memorySize: props.memoryMb,
      ...(props.diskMb === undefined ? {} : { ephemeralStorageSize: Size.mebibytes(props.diskMb) }),
      timeout: props.timeout,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      environment: {
        ENVIRONMENT: defaults.environmentName,
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_LOG_LEVEL: environment.logLevel,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
        POWERTOOLS_SERVICE_NAME: serviceName(props.countedAs ?? id),
        ...props.variables,
      },
    });
    (this.function.node.defaultChild as CfnFunction).overrideLogicalId(id);
    acknowledge(this.role, xrayHasNoResources);
    const missing = props.native && missingBinding(props.native, defaults.root);
    // The CDK's command line refuses to deploy what has an error; this machine can run it all the same.
    if (missing !== undefined) Annotations.of(this).addError(missing);
  }
}

/** The namespace of every metric that a function writes. */
export const METRICS_NAMESPACE = 'Kindred';

/** The value of the metrics' dimension `service` for a function. */
export function serviceName(functionId: string): string {
  return functionId.toLowerCase();
}

/** Allows `actions` on `resources`; the one way in which functions get permissions. */
export function allow(actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [...resources] });
}
