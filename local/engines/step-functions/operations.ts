import * as z from 'zod';
import { epochSeconds, operation } from '../json-operation.ts';
import { type Operation, ServiceError } from '../json-service.ts';
import type { Execution, StateMachine } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import type { Json } from './json.ts';
import type { Registry } from './registry.ts';

/** Step Functions' own upper bounds of a page. */
const PAGE_SIZE_MAX = 1_000;
const PAGE_SIZE_DEFAULT = 100;

const arn = z.string().min(1).max(256);
const paging = {
  maxResults: z.int().min(0).max(PAGE_SIZE_MAX).optional(),
  nextToken: z.string().optional(),
};
/** Real names may hold more; these are the ones that need no escaping in an ARN. */
const executionName = z.string().regex(/^[\w-]{1,80}$/, 'must match [A-Za-z0-9_-]{1,80}');

type Operations = Readonly<Record<string, Operation>>;

/** The operations of the API `AWSStepFunctions` over a registry. */
export function stepFunctionsOperations(registry: Registry): Operations {
  return {
    ...executionControl(registry),
    ...executionReading(registry),
    ...machineReading(registry),
  };
}

function executionControl(registry: Registry): Operations {
  return {
    StartExecution: operation(
      z.strictObject({
        stateMachineArn: arn,
        name: executionName.optional(),
        input: z.string().default('{}'),
      }),
      ({ stateMachineArn, name, input }) => {
        const execution = registry.start(stateMachineArn, name, input);
        return {
          executionArn: execution.start.arn,
          startDate: epochSeconds(execution.startedAtMs),
        };
      },
    ),
    StartSyncExecution: operation(z.looseObject({}), () => {
      throw new ServiceError(
        'StateMachineTypeNotSupported',
        'The local cloud runs STANDARD state machines only; use StartExecution and DescribeExecution.',
      );
    }),
    StopExecution: operation(
      z.strictObject({
        executionArn: arn,
        error: z.string().max(256).default(''),
        cause: z.string().default(''),
      }),
      async ({ executionArn, error, cause }) => {
        const execution = registry.execution(executionArn);
        await execution.stop(error, cause);
        return { stopDate: epochSeconds(execution.endedAtMs ?? execution.startedAtMs) };
      },
    ),
  };
}

function executionReading(registry: Registry): Operations {
  return {
    DescribeExecution: operation(
      z.strictObject({ executionArn: arn, includedData: z.literal('ALL_DATA').optional() }),
      ({ executionArn }) => described(registry.execution(executionArn)),
    ),
    ListExecutions: operation(
      z.strictObject({
        stateMachineArn: arn,
        statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']).optional(),
        ...paging,
      }),
      ({ stateMachineArn, statusFilter, ...page }) => {
        registry.machine(stateMachineArn);
        const matching = registry
          .executionsOf(stateMachineArn)
          .filter(({ status }) => statusFilter === undefined || status === statusFilter);
        const { members, nextToken } = pageOf(matching, page);
        return { executions: members.map(summary), nextToken };
      },
    ),
    GetExecutionHistory: operation(
      z.strictObject({
        executionArn: arn,
        reverseOrder: z.boolean().default(false),
        includeExecutionData: z.boolean().default(true),
        ...paging,
      }),
      ({ executionArn, reverseOrder, includeExecutionData, ...page }) => {
        const { events } = registry.execution(executionArn).history;
        const { members, nextToken } = pageOf(reverseOrder ? events.toReversed() : events, page);
        return { events: members.map((event) => eventOf(event, includeExecutionData)), nextToken };
      },
    ),
  };
}

function machineReading(registry: Registry): Operations {
  return {
    DescribeStateMachine: operation(
      z.strictObject({ stateMachineArn: arn, includedData: z.literal('ALL_DATA').optional() }),
      ({ stateMachineArn }) => describedMachine(registry.machine(stateMachineArn)),
    ),
    ListStateMachines: operation(z.strictObject(paging), (page) => {
      const { members, nextToken } = pageOf(registry.machines(), page);
      const stateMachines = members.map((machine) => ({
        stateMachineArn: machine.arn,
        name: machine.name,
        type: 'STANDARD',
        creationDate: epochSeconds(machine.createdAtMs),
      }));
      return { stateMachines, nextToken };
    }),
  };
}

function summary({ start, status, startedAtMs, endedAtMs }: Execution) {
  return {
    executionArn: start.arn,
    stateMachineArn: start.machine.arn,
    name: start.name,
    status,
    startDate: epochSeconds(startedAtMs),
    ...(endedAtMs === undefined ? {} : { stopDate: epochSeconds(endedAtMs) }),
  };
}

function described(execution: Execution) {
  const { ending, start } = execution;
  return {
    ...summary(execution),
    input: start.inputText,
    inputDetails: { included: true },
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
    ...(ending === undefined
      ? {}
      : ending.status === 'SUCCEEDED'
        ? { output: JSON.stringify(ending.output), outputDetails: { included: true } }
        : { error: ending.error, cause: ending.cause }),
  };
}

function describedMachine(machine: StateMachine) {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    type: 'STANDARD',
    definition: machine.definitionText,
    roleArn: machine.roleArn,
    creationDate: epochSeconds(machine.createdAtMs),
  };
}

/** The members of an event's details that carry customers' data, which a reader may leave out. */
const dataMembers = ['input', 'output', 'parameters', 'cause'];

function eventOf(event: HistoryEvent, includeData: boolean) {
  const { id, previousEventId, type, timestampMs, detailsKey, details } = event;
  const shown: Record<string, Json> = {};
  for (const [key, value] of Object.entries(details ?? {})) {
    if (includeData || !dataMembers.includes(key)) shown[key] = value;
    if (includeData && (key === 'input' || key === 'output')) {
      shown[`${key}Details`] = { truncated: false };
    }
  }
  return {
    id,
    previousEventId,
    type,
    timestamp: epochSeconds(timestampMs),
    ...(detailsKey === undefined ? {} : { [detailsKey]: shown }),
  };
}

/** One page of a list; the token is the next member's index. */
function pageOf<T>(
  all: readonly T[],
  page: { maxResults?: number | undefined; nextToken?: string | undefined },
): { members: readonly T[]; nextToken: string | undefined } {
  const size = page.maxResults || PAGE_SIZE_DEFAULT;
  const from = page.nextToken === undefined ? 0 : Number(page.nextToken);
  if (!Number.isInteger(from) || from < 0) {
    throw new ServiceError('InvalidToken', `Invalid token: ${page.nextToken}`);
  }
  const end = from + size;
  return {
    members: all.slice(from, end),
    nextToken: end < all.length ? String(end) : undefined,
  };
}
