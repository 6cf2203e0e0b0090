import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const state = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  Choices: z.array(z.looseObject({ Condition: z.string(), Next: z.string() })).optional(),
  Catch: z.array(z.looseObject({ ErrorEquals: z.array(z.string()), Next: z.string() })).optional(),
  Retry: z.array(z.looseObject({ ErrorEquals: z.array(z.string()) })).optional(),
  Resource: z.string().optional(),
  Arguments: z
    .union([
      z.strictObject({ FunctionName: z.string(), Payload: z.string() }),
      z.looseObject({ TaskDefinition: z.string() }),
    ])
    .optional(),
});
const machine = z
  .object({
    QueryLanguage: z.literal('JSONata'),
    StartAt: z.string(),
    States: z.record(z.string(), state),
  })
  .loose()
  .parse(JSON.parse(readFileSync('statemachines/train.asl.json', 'utf8')));
const states = Object.entries(machine.States);
const tasks = states.filter(([, { Resource }]) => Resource?.endsWith(':lambda:invoke'));

describe('the training workflow', () => {
  it('goes from the snapshot to the gate and either publishes or rejects', () => {
    const flow = states.map(([name, { Type, Next, Default, Choices }]) => {
      const choices = Choices?.map((choice) => `${choice.Condition} ${choice.Next}`) ?? [];
      return [name, Type, Next ?? Default ?? '', ...choices].join(' ').trimEnd();
    });
    expect([`start ${machine.StartAt}`, ...flow]).toMatchInlineSnapshot(`
      [
        "start ExportProfiles",
        "ExportProfiles Task ProfilesExported",
        "ProfilesExported Choice Snapshot {% $states.input.profiles.status = 'running' %} WaitForProfiles",
        "WaitForProfiles Wait ExportProfiles",
        "Snapshot Task Check",
        "Check Task ChooseTrainer",
        "ChooseTrainer Choice Train {% $exists($states.input.importedModel) %} ImportModel {% $exists($states.input.interactionCount) and $states.input.interactionCount > \${TaskInteractionsMin} %} TrainTask",
        "Train Task Evaluate",
        "ImportModel Task Evaluate",
        "TrainTask Task TaskCandidate",
        "TaskCandidate Task Evaluate",
        "Evaluate Task Gate",
        "Gate Choice Rejected {% $states.input.promoted = true %} Publish",
        "Publish Task Retain",
        "Retain Task Published",
        "Published Succeed",
        "Rejected Succeed",
        "SnapshotFailed Fail",
        "SnapshotRejected Fail",
        "StoppedByAudit Fail",
        "CheckFailed Fail",
        "TrainingFailed Fail",
        "EvaluationFailed Fail",
        "PublicationFailed Fail",
        "RetentionFailed Fail",
      ]
    `);
  });

  it('hands every step its own function and the whole of its input', () => {
    for (const [name, { Arguments }] of tasks) {
      expect(Arguments).toEqual({
        FunctionName: `\${${name}FunctionArn}`,
        Payload: '{% $states.input %}',
      });
    }
  });

  it('retries what Lambda itself got wrong, and never what the data got wrong', () => {
    for (const [, { Retry }] of tasks) {
      expect(Retry?.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual([
        'Lambda.ServiceException',
        'Lambda.AWSLambdaException',
        'Lambda.SdkClientException',
        'Lambda.TooManyRequestsException',
      ]);
    }
  });

  it('ends each kind of failure in a state of its own, with the error and the cause', () => {
    const caught = tasks.flatMap(([name, { Catch }]) =>
      (Catch ?? []).map(({ ErrorEquals, Next }) => `${name} ${ErrorEquals.join(' ')} ${Next}`),
    );
    expect(caught).toEqual([
      'ExportProfiles States.ALL SnapshotFailed',
      'Snapshot States.ALL SnapshotFailed',
      'Check SnapshotRejected SnapshotRejected',
      'Check AuditStops StoppedByAudit',
      'Check States.ALL CheckFailed',
      'Train SnapshotRejected SnapshotRejected',
      'Train States.ALL TrainingFailed',
      'ImportModel States.ALL TrainingFailed',
      'TaskCandidate States.ALL TrainingFailed',
      'Evaluate SnapshotRejected SnapshotRejected',
      'Evaluate States.ALL EvaluationFailed',
      'Publish States.ALL PublicationFailed',
      'Retain States.ALL RetentionFailed',
    ]);
    const ends = states.filter(([, { Type }]) => Type === 'Fail');
    expect(new Set(ends.map(([name]) => name))).toEqual(
      new Set(caught.map((one) => one.split(' ').at(-1))),
    );
    for (const [, { Comment: _, ...end }] of ends) {
      expect(end).toEqual({
        Type: 'Fail',
        Error: '{% $states.input.error.Error %}',
        Cause: '{% $states.input.error.Cause %}',
      });
    }
  });

  it('leads every state to one that exists', () => {
    const names = new Set(Object.keys(machine.States));
    for (const [, { Next, Default, Choices, Catch }] of states) {
      const targets = [
        Next,
        Default,
        ...[...(Choices ?? []), ...(Catch ?? [])].map((to) => to.Next),
      ];
      for (const target of targets) if (target !== undefined) expect(names).toContain(target);
    }
  });
});
