import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundledPlacements } from '../core/blocks/bundled-placements.ts';
import { bundledCode } from './constructs/bundled-code.ts';
import type { FunctionDefaults } from './constructs/node-function.ts';
import { type Environment, type EnvironmentName, parseEnvironment } from './environments.ts';
import { ServiceStack } from './stacks/service-stack.ts';
import { StateStack } from './stacks/state-stack.ts';

export interface KindredAppProps {
  /** The environments to synthesize; each is checked first. */
  readonly environments: Partial<Readonly<Record<EnvironmentName, Environment>>>;
  /** The repository's root: handlers and state machines are found below it. */
  readonly root: string;
  readonly outputDirectory?: string;
  /** How functions get their code; bundles, unless a test has no use for them. */
  readonly code?: FunctionDefaults['code'];
  readonly context?: Readonly<Record<string, unknown>>;
}

/** The app with two stacks an environment: `KindredState-<name>` and `Kindred-<name>`. */
export function kindredApp(props: KindredAppProps): App {
  // Functions check a bundled document when it is first asked for: a wrong one must not get so far.
  bundledPlacements.list();
  const app = new App({
    ...(props.outputDirectory === undefined ? {} : { outdir: props.outputDirectory }),
    context: { ...props.context },
    analyticsReporting: false,
  });
  for (const [name, environment] of Object.entries(props.environments)) {
    addEnvironment(app, {
      environmentName: name as EnvironmentName,
      environment: parseEnvironment(name, environment),
      root: props.root,
      code: props.code ?? bundledCode,
    });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  return app;
}

function addEnvironment(app: App, defaults: FunctionDefaults): void {
  const { environment, environmentName } = defaults;
  const env = environment.aws === undefined ? {} : { env: environment.aws };
  const state = new StateStack(app, `KindredState-${environmentName}`, {
    ...env,
    environment,
    description: `Kindred (${environmentName}): tables, stream, buckets, secrets`,
  });
  const service = new ServiceStack(app, `Kindred-${environmentName}`, {
    ...env,
    defaults,
    state,
    description: `Kindred (${environmentName}): API, functions, workflow, alarms`,
  });
  for (const stack of [state, service]) {
    Tags.of(stack).add('application', 'kindred');
    Tags.of(stack).add('environment', environmentName);
  }
}
