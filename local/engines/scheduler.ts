import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Clock, wallClock } from './scheduler/clock.ts';
import { ScheduleRefused } from './scheduler/cron.ts';
import { type NextMs, parseSchedule } from './scheduler/schedule-expression.ts';

/**
 * Amazon EventBridge Scheduler: runs the template's AWS::Scheduler::Schedule resources. It has no wire
 * API here, for nothing of Kindred calls one. What a target answers is logged, not retried: a local
 * target that fails is broken, and RetryPolicy exists for passing faults.
 */
export interface SchedulerOptions {
  readonly region: string;
  readonly accountId: string;
  readonly startExecution: (stateMachineArn: string, inputText: string) => Promise<unknown>;
  readonly invokeFunction: (functionArn: string, inputText: string) => Promise<unknown>;
  /** Each run, its target and how it went. */
  readonly onRun?: (run: ScheduledRun) => void;
  readonly clock?: Clock;
}

export interface ScheduledRun {
  readonly schedule: string;
  readonly targetArn: string;
  readonly scheduledAtMs: number;
  readonly outcome:
    | { readonly kind: 'started' }
    | { readonly kind: 'failed'; readonly reason: string };
}

export interface SchedulerEngine {
  /** Adds a schedule from resolved properties of AWS::Scheduler::Schedule; throws ScheduleRefused. */
  define(name: string, properties: unknown): void;
  /** When each schedule runs next; undefined for a disabled or finished one. */
  schedules(): { name: string; nextAtMs: number | undefined }[];
  stop(): void;
}

const STATE_MACHINE = /^arn:aws[\w-]*:states:[^:]+:\d{12}:stateMachine:/;
const FUNCTION = /^arn:aws[\w-]*:lambda:[^:]+:\d{12}:function:/;

/** The properties of AWS::Scheduler::Schedule, resolved. A property that isn't here is refused. */
const scheduleProperties = z.strictObject({
  Name: z.string().optional(),
  GroupName: z.string().default('default'),
  Description: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().default('UTC'),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  StartDate: z.iso.datetime({ offset: true }).optional(),
  EndDate: z.iso.datetime({ offset: true }).optional(),
  /** A window allows any moment in it; here it is always the first. */
  FlexibleTimeWindow: z.strictObject({
    Mode: z.enum(['OFF', 'FLEXIBLE']),
    MaximumWindowInMinutes: z.number().optional(),
  }),
  Target: z.strictObject({
    Arn: z.string().refine((arn) => STATE_MACHINE.test(arn) || FUNCTION.test(arn), {
      error: 'must be a state machine or a function: other targets aren’t implemented',
    }),
    RoleArn: z.string(),
    Input: z.string().default('{}'),
    /** Ignored: see SchedulerOptions. */
    RetryPolicy: z.unknown().optional(),
  }),
});
type ScheduleProperties = z.infer<typeof scheduleProperties>;

interface Schedule {
  readonly name: string;
  readonly properties: ScheduleProperties;
  readonly next: NextMs;
  nextAtMs: number | undefined;
  cancel: () => void;
}

export function startSchedulerEngine(options: SchedulerOptions): SchedulerEngine {
  const { clock = wallClock } = options;
  const schedules = new Map<string, Schedule>();
  return {
    define(name, raw) {
      schedules.get(name)?.cancel();
      const schedule = parsed(name, raw, clock.nowMs());
      schedules.set(name, schedule);
      if (schedule.properties.State === 'ENABLED') arm(schedule, clock.nowMs() - 1, options, clock);
    },
    schedules: () => [...schedules.values()].map(({ name, nextAtMs }) => ({ name, nextAtMs })),
    stop() {
      for (const schedule of schedules.values()) schedule.cancel();
      schedules.clear();
    },
  };
}

function parsed(name: string, raw: unknown, nowMs: number): Schedule {
  const result = scheduleProperties.safeParse(raw);
  if (!result.success) {
    throw new ScheduleRefused(`The schedule ${name} can't run: ${z.prettifyError(result.error)}`);
  }
  const properties = result.data;
  const { ScheduleExpression, ScheduleExpressionTimezone, StartDate, EndDate } = properties;
  const startMs = StartDate === undefined ? nowMs : Date.parse(StartDate);
  const endMs = EndDate === undefined ? Number.POSITIVE_INFINITY : Date.parse(EndDate);
  const moments = parseSchedule(ScheduleExpression, ScheduleExpressionTimezone, startMs);
  const next: NextMs = (afterMs) => {
    const momentMs = moments(Math.max(afterMs, startMs - 1));
    return momentMs !== undefined && momentMs <= endMs ? momentMs : undefined;
  };
  return { name, properties, next, nextAtMs: undefined, cancel: () => undefined };
}

/** Waits for the schedule's next moment after this one, runs it, and waits again. */
function arm(schedule: Schedule, afterMs: number, options: SchedulerOptions, clock: Clock): void {
  const momentMs = schedule.next(afterMs);
  schedule.nextAtMs = momentMs;
  if (momentMs === undefined) return;
  schedule.cancel = clock.callAt(momentMs, () => {
    // After a sleep of the machine, what was missed is not made up for: the next run is in the future.
    arm(schedule, Math.max(momentMs, clock.nowMs()), options, clock);
    run(schedule, momentMs, options);
  });
}

function run(schedule: Schedule, scheduledAtMs: number, options: SchedulerOptions): void {
  const { Arn: targetArn } = schedule.properties.Target;
  const start = STATE_MACHINE.test(targetArn) ? options.startExecution : options.invokeFunction;
  const report = (outcome: ScheduledRun['outcome']) =>
    options.onRun?.({ schedule: schedule.name, targetArn, scheduledAtMs, outcome });
  start(targetArn, inputOf(schedule, scheduledAtMs, options)).then(
    () => report({ kind: 'started' }),
    (error: unknown) =>
      report({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
}

/** The input with Scheduler's own context attributes filled in. */
function inputOf(schedule: Schedule, scheduledAtMs: number, options: SchedulerOptions): string {
  const { GroupName, Target } = schedule.properties;
  const scheduledTime = new Date(scheduledAtMs).toISOString().replace('.000Z', 'Z');
  return Target.Input.replaceAll(
    '<aws.scheduler.schedule-arn>',
    `arn:aws:scheduler:${options.region}:${options.accountId}:schedule/${GroupName}/${schedule.name}`,
  )
    .replaceAll('<aws.scheduler.scheduled-time>', scheduledTime)
    .replaceAll('<aws.scheduler.execution-id>', randomUUID())
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}
