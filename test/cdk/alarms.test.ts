import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { alarmList } from '../../cdk/constructs/alarm-list.ts';
import { environments } from '../../cdk/environments.ts';
import { appOf, onlyOf, resourcesOf, root } from './synthesized.ts';

const folder = mkdtempSync(join(tmpdir(), 'kindred-alarms-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { monitoring } = environments.dev;
if (monitoring.noMonitoring === true) throw new Error('dev is monitored');
const assembly = appOf(
  {
    dev: { ...environments.dev, monitoring: { ...monitoring, alarmEmail: 'on-call@shop.example' } },
    staging: { ...environments.staging, monitoring: { noMonitoring: true } },
  },
  folder,
).synth();
const service = assembly.getStackByName('Kindred-dev').template;
const unmonitored = assembly.getStackByName('Kindred-staging').template;

const alarms = resourcesOf(service, 'AWS::CloudWatch::Alarm');
const runbooks = join(root, 'docs', 'runbooks');

describe('every entry of the alarm list', () => {
  it.each(alarmList.map(({ id }) => id))(
    '%s is an alarm to the topic, with its runbook named',
    (id) => {
      const found = alarms.filter(
        ([, { Properties }]) => Properties.AlarmName === `Kindred-dev-${id}`,
      );
      expect(found).toHaveLength(1);
      expect(found[0]![1].Properties).toMatchObject({
        AlarmDescription: expect.stringContaining(`docs/runbooks/${id}.md`),
        AlarmActions: [{ Ref: expect.stringMatching(/^AlarmsTopic/) }],
        TreatMissingData: 'notBreaching',
      });
    },
  );

  it.each(alarmList.map(({ id }) => id))('%s has a runbook with its three sections', (id) => {
    const file = join(runbooks, `${id}.md`);
    expect(existsSync(file)).toBe(true);
    const headings = [...readFileSync(file, 'utf8').matchAll(/^## (.+)$/gm)].map(
      ([, text]) => text,
    );
    expect(headings).toEqual(['What it means', 'Look first', 'Remedy']);
  });

  it.each(alarmList)('$id is drawn on the dashboard', ({ title }) => {
    const { Properties } = onlyOf(service, 'AWS::CloudWatch::Dashboard');
    expect(JSON.stringify(Properties.DashboardBody)).toContain(title);
  });
});

describe('the alarms', () => {
  it('are no more than the list has, and no runbook is left over', () => {
    expect(alarms).toHaveLength(alarmList.length);
    const names = readdirSync(runbooks).map((name) => name.replace(/\.md$/, ''));
    expect(names.sort()).toEqual(alarmList.map(({ id }) => id).sort());
  });

  it('are admitted by the topic, over TLS only', () => {
    const { Properties } = onlyOf(service, 'AWS::SNS::TopicPolicy');
    const statements = Properties.PolicyDocument.Statement;
    expect(statements).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
        }),
        expect.objectContaining({
          Effect: 'Deny',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]),
    );
  });

  it('are mailed where the environment says', () => {
    const { Properties } = onlyOf(service, 'AWS::SNS::Subscription');
    expect(Properties).toMatchObject({ Protocol: 'email', Endpoint: 'on-call@shop.example' });
  });

  it('are none, and no dashboard either, where the environment opts out', () => {
    expect(resourcesOf(unmonitored, 'AWS::CloudWatch::Alarm')).toEqual([]);
    expect(resourcesOf(unmonitored, 'AWS::CloudWatch::Dashboard')).toEqual([]);
  });
});
