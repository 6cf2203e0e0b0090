import { describe, expect, it } from 'vitest';
import { resourcesOf, synthesizeAll, type Template } from './synthesized.ts';

const templates = synthesizeAll();
const service = stack('Kindred-dev');

function stack(name: string): Template {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`no stack ${name}`);
  return template;
}

describe('the workflows', () => {
  it('name every function that their state machine asks for', () => {
    const machines = resourcesOf(service, 'AWS::StepFunctions::StateMachine');
    expect(machines.length).toBeGreaterThan(1);
    for (const [, { Properties }] of machines) {
      const asked = [...Properties.DefinitionString.matchAll(/\$\{(\w+)\}/g)];
      expect(new Set(asked.map(([, name]) => name))).toEqual(
        new Set(Object.keys(Properties.DefinitionSubstitutions)),
      );
    }
  });

  it('start on schedule: the lake is compacted, and audited, then a model is trained', () => {
    const schedules = resourcesOf(service, 'AWS::Scheduler::Schedule').map(
      ([, { Properties }]) => [Properties.Description, Properties.ScheduleExpression] as const,
    );
    expect(new Map(schedules).get('Compacts the day before')).toBe('cron(30 1 * * ? *)');
    expect(new Map(schedules).get('Trains a candidate model')).toBe('cron(0 4 * * ? *)');
    for (const [, { Properties }] of resourcesOf(service, 'AWS::Scheduler::Schedule')) {
      expect(Properties.State).toBe('ENABLED');
    }
  });
});

describe('the templates', () => {
  it('use no custom resource, which the local cloud could not run', () => {
    for (const template of templates.values()) {
      for (const { Type } of Object.values(template.Resources)) {
        expect(Type).toMatch(/^AWS::(?!CloudFormation::CustomResource)/);
      }
    }
  });

  it('tell programs all they need in the outputs', () => {
    expect(Object.keys(service.Outputs ?? {})).toEqual(
      expect.arrayContaining([
        'ApiUrl',
        'CollectorUrl',
        'EventsStreamName',
        'ProfilesTableName',
        'IdentitiesTableName',
        'DedupeTableName',
        'CatalogueTableName',
        'ConfigTableName',
        'LakeBucketName',
        'ModelsBucketName',
        'QuarantineBucketName',
        'FailuresBucketName',
        'TrainStateMachineArn',
        'WriteKeySecretArn',
        'ApiKeySecretArn',
        'AlarmTopicArn',
      ]),
    );
  });
});
