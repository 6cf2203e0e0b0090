import {
  DescribeExecutionCommand,
  type HistoryEvent,
  paginateGetExecutionHistory,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';

/** How an execution stands. `output` is JSON, of a succeeded one. */
export type ExecutionStatus =
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded'; readonly output: string }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

/** A state that an execution has entered, and when. */
export interface EnteredState {
  readonly name: string;
  readonly enteredAtMs: number;
}

/** Starts an execution and returns its ARN. */
export async function startExecution(
  client: SFNClient,
  stateMachineArn: string,
  input: unknown,
): Promise<string> {
  const answer = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  if (answer.executionArn === undefined)
    throw new Error('the execution was started without a name');
  return answer.executionArn;
}

export async function executionStatus(
  client: SFNClient,
  executionArn: string,
): Promise<ExecutionStatus> {
  const answer = await client.send(new DescribeExecutionCommand({ executionArn }));
  if (answer.status === 'RUNNING' || answer.status === 'PENDING_REDRIVE') {
    return { kind: 'running' };
  }
  if (answer.status === 'SUCCEEDED') return { kind: 'succeeded', output: answer.output ?? 'null' };
  return {
    kind: 'failed',
    error: answer.error ?? answer.status ?? 'unknown',
    cause: answer.cause ?? '',
  };
}

/** Every state that the execution has entered so far, in order. */
export async function enteredStates(
  client: SFNClient,
  executionArn: string,
): Promise<EnteredState[]> {
  const states: EnteredState[] = [];
  const pages = paginateGetExecutionHistory({ client }, { executionArn });
  for await (const page of pages) {
    for (const event of page.events ?? []) {
      const name = event.stateEnteredEventDetails?.name;
      if (name !== undefined) states.push({ name, enteredAtMs: timeOf(event) });
    }
  }
  return states;
}

function timeOf(event: HistoryEvent): number {
  return event.timestamp?.getTime() ?? 0;
}
