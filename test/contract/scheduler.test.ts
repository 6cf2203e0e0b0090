/** EventBridge Scheduler as the template uses it, on a clock that the test drives. */
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../local/engines/scheduler/clock.ts';
import { parseSchedule } from '../../local/engines/scheduler/schedule-expression.ts';
import { type ScheduledRun, startSchedulerEngine } from '../../local/engines/scheduler.ts';

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:train';
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:train';

/** The next moments of an expression, as ISO times. */
function moments(expression: string, after: string, count: number, timeZone = 'UTC'): string[] {
  const next = parseSchedule(expression, timeZone, Date.parse(after));
  const found: string[] = [];
  let afterMs: number | undefined = Date.parse(after);
  while (afterMs !== undefined && found.length < count) {
    afterMs = next(afterMs);
    if (afterMs !== undefined) found.push(new Date(afterMs).toISOString().slice(0, 16));
  }
  return found;
}

describe('an expression', () => {
  it.each<[expression: string, after: string, expected: string[], timeZone?: string]>([
    ['cron(0 2 * * ? *)', '2026-11-23T02:00Z', ['2026-11-24T02:00', '2026-11-25T02:00']],
    [
      'cron(0/20 9-10 ? * MON-FRI *)',
      '2026-11-20T10:30Z',
      ['2026-11-20T10:40', '2026-11-23T09:00', '2026-11-23T09:20'],
    ],
    [
      'cron(15,45 0 1 JAN,JUL ? 2027)',
      '2026-11-23T00:00Z',
      ['2027-01-01T00:15', '2027-01-01T00:45', '2027-07-01T00:15', '2027-07-01T00:45'],
    ],
    ['cron(0 0 L * ? *)', '2028-01-31T00:00Z', ['2028-02-29T00:00', '2028-03-31T00:00']],
    ['cron(0 0 LW * ? *)', '2026-05-01T00:00Z', ['2026-05-29T00:00']],
    ['cron(0 0 15W * ? *)', '2026-08-01T00:00Z', ['2026-08-14T00:00', '2026-09-15T00:00']],
    ['cron(0 0 1W 8 ? *)', '2026-07-01T00:00Z', ['2026-08-03T00:00']],
    ['cron(0 0 31W * ? *)', '2026-05-01T00:00Z', ['2026-05-29T00:00', '2026-07-31T00:00']],
    ['cron(0 0 ? * 2#1 *)', '2026-11-23T00:00Z', ['2026-12-07T00:00', '2027-01-04T00:00']],
    ['cron(0 0 ? * FRI#5 *)', '2026-11-01T00:00Z', ['2027-01-29T00:00']],
    ['cron(0 0 ? * 6L *)', '2026-11-01T00:00Z', ['2026-11-27T00:00', '2026-12-25T00:00']],
    ['cron(0 0 ? * SUN *)', '2026-11-23T00:00Z', ['2026-11-29T00:00']],
    ['cron(0 0 29 2 ? *)', '2026-11-23T00:00Z', ['2028-02-29T00:00']],
    ['cron(0 0 1 1 ? 2020)', '2026-11-23T00:00Z', []],
    [
      'cron(0 8 * * ? *)',
      '2026-10-24T12:00Z',
      ['2026-10-25T07:00', '2026-10-26T07:00'],
      'Europe/Berlin',
    ],
    // Summer time begins on 28 March 2027: there is no 02:30 in Berlin.
    ['cron(30 2 * * ? *)', '2027-03-27T12:00Z', ['2027-03-29T00:30'], 'Europe/Berlin'],
    // It ends on 31 October 2027: there are two, the first counts.
    [
      'cron(30 2 * * ? *)',
      '2027-10-30T12:00Z',
      ['2027-10-31T00:30', '2027-11-01T01:30'],
      'Europe/Berlin',
    ],
    [
      'cron(0 20 * * ? *)',
      '2026-11-23T00:00Z',
      ['2026-11-23T01:00', '2026-11-24T01:00'],
      'America/New_York',
    ],
    ['rate(1 hour)', '2026-11-23T00:10Z', ['2026-11-23T01:10', '2026-11-23T02:10']],
    ['rate(2 days)', '2026-11-23T00:10Z', ['2026-11-25T00:10']],
    ['at(2026-12-24T18:00:00)', '2026-11-23T00:00Z', ['2026-12-24T17:00'], 'Europe/Berlin'],
    ['at(2026-01-01T00:00:00)', '2026-11-23T00:00Z', []],
  ])('%s after %s comes at %j', (expression, after, expected, timeZone) => {
    expect(moments(expression, after, Math.max(1, expected.length), timeZone)).toEqual(expected);
  });

  it.each([
    ['cron(0 2 * * *)', /5 fields/],
    ['cron(0 2 * * * *)', /must be \?/],
    ['cron(0 2 ? * ? *)', /must be \?/],
    ['cron(60 2 * * ? *)', /minute 60/],
    ['cron(0 2 * * MOO *)', /must be \?/],
    ['cron(0 2 ? * MOO *)', /"MOO"/],
    ['cron(0 5-2 * * ? *)', /backwards/],
    ['cron(0 2 * * ? 1900)', /year 1900/],
    ['rate(0 minutes)', /rate/],
    ['rate(5 weeks)', /weeks/],
    ['at(2026-12-24)', /yyyy-mm-dd/],
    ['every day', /neither/],
  ])('%s is refused', (expression, message) => {
    expect(() => parseSchedule(expression, 'UTC', 0)).toThrow(message);
  });

  it('is refused in a time zone that does not exist', () => {
    expect(() => parseSchedule('rate(1 day)', 'Mars/Olympus', 0)).toThrow(/Mars/);
  });
});

/** A clock that stands still until told to go on. */
class ManualClock implements Clock {
  #nowMs: number;
  #calls: { timeMs: number; callback: () => void }[] = [];

  constructor(iso: string) {
    this.#nowMs = Date.parse(iso);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  callAt(timeMs: number, callback: () => void): () => void {
    const call = { timeMs, callback };
    this.#calls.push(call);
    return () => {
      this.#calls = this.#calls.filter((other) => other !== call);
    };
  }

  /** Goes to a time, making every call due on the way at its own moment; runs settle in between. */
  async goTo(iso: string): Promise<void> {
    for (;;) {
      this.#calls.sort((a, b) => a.timeMs - b.timeMs);
      const [due] = this.#calls;
      if (due === undefined || due.timeMs > Date.parse(iso)) break;
      this.#calls.shift();
      this.#nowMs = Math.max(this.#nowMs, due.timeMs);
      due.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = Date.parse(iso);
  }
}

function scheduler(clock: Clock) {
  const started: [arn: string, input: string][] = [];
  const runs: ScheduledRun[] = [];
  const record = async (arn: string, input: string) => {
    if (input.includes('fail')) throw new Error('no such machine');
    started.push([arn, input]);
  };
  const engine = startSchedulerEngine({
    region: 'eu-west-1',
    accountId: '123456789012',
    startExecution: record,
    invokeFunction: record,
    onRun: (run) => runs.push(run),
    clock,
  });
  return { engine, started, runs };
}

describe('a schedule', () => {
  const properties = {
    Description: 'Trains a candidate model',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ScheduleExpression: 'cron(0 2 * * ? *)',
    ScheduleExpressionTimezone: 'Etc/UTC',
    State: 'ENABLED',
    Target: {
      Arn: MACHINE,
      Input: '{}',
      RetryPolicy: { MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 10 },
      RoleArn: 'arn:aws:iam::123456789012:role/scheduler',
    },
  };

  it('starts its state machine each time it comes', async () => {
    const clock = new ManualClock('2026-11-23T14:00:00Z');
    const { engine, started, runs } = scheduler(clock);
    engine.define('train', properties);
    await clock.goTo('2026-11-24T01:59:59Z');
    expect(started).toEqual([]);
    await clock.goTo('2026-11-25T12:00:00Z');
    expect(started).toEqual([
      [MACHINE, '{}'],
      [MACHINE, '{}'],
    ]);
    expect(runs[0]).toEqual({
      schedule: 'train',
      targetArn: MACHINE,
      scheduledAtMs: Date.parse('2026-11-24T02:00:00Z'),
      outcome: { kind: 'started' },
    });
    expect(engine.schedules()).toEqual([
      { name: 'train', nextAtMs: Date.parse('2026-11-26T02:00:00Z') },
    ]);
  });

  it('runs a rate at once, as AWS does, and then at its pace; a function takes the filled-in input', async () => {
    const clock = new ManualClock('2026-11-23T14:00:00Z');
    const { engine, started } = scheduler(clock);
    const Target = {
      ...properties.Target,
      Arn: FUNCTION,
      Input: '"<aws.scheduler.scheduled-time>"',
    };
    engine.define('hourly', { ...properties, ScheduleExpression: 'rate(1 hour)', Target });
    await clock.goTo('2026-11-23T15:30:00Z');
    expect(started).toEqual([
      [FUNCTION, '"2026-11-23T14:00:00Z"'],
      [FUNCTION, '"2026-11-23T15:00:00Z"'],
    ]);
  });

  it('keeps to its start and end dates, and does nothing while it is disabled', async () => {
    const clock = new ManualClock('2026-11-23T14:00:00Z');
    const { engine, started } = scheduler(clock);
    engine.define('bounded', {
      ...properties,
      StartDate: '2026-11-25T00:00:00Z',
      EndDate: '2026-11-26T12:00:00Z',
    });
    engine.define('disabled', { ...properties, State: 'DISABLED' });
    await clock.goTo('2026-12-01T00:00:00Z');
    expect(started).toHaveLength(2);
    expect(engine.schedules().map(({ nextAtMs }) => nextAtMs)).toEqual([undefined, undefined]);
  });

  it('reports a target that fails and goes on', async () => {
    const clock = new ManualClock('2026-11-23T14:00:00Z');
    const { engine, runs } = scheduler(clock);
    engine.define('train', { ...properties, Target: { ...properties.Target, Input: '"fail"' } });
    await clock.goTo('2026-11-25T12:00:00Z');
    expect(runs.map(({ outcome }) => outcome)).toEqual([
      { kind: 'failed', reason: 'no such machine' },
      { kind: 'failed', reason: 'no such machine' },
    ]);
  });

  it('runs no more once it is stopped', async () => {
    const clock = new ManualClock('2026-11-23T14:00:00Z');
    const { engine, started } = scheduler(clock);
    engine.define('train', properties);
    engine.stop();
    await clock.goTo('2026-12-01T00:00:00Z');
    expect(started).toEqual([]);
  });

  it.each([
    [{ KmsKeyArn: 'x' }, /KmsKeyArn/],
    [{ Target: { ...properties.Target, Arn: 'arn:aws:sqs:eu-west-1:1:q' } }, /Target/],
    [{ ScheduleExpression: 'cron(0 2 * * * *)' }, /must be \?/],
  ])('is refused with %j', (more, message) => {
    const { engine } = scheduler(new ManualClock('2026-11-23T14:00:00Z'));
    expect(() => engine.define('refused', { ...properties, ...more })).toThrow(message);
  });
});
