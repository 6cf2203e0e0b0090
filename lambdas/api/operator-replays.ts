import { randomUUID } from 'node:crypto';
import { readReplay, writeReplay } from '../../adapters/s3/replay-store.ts';
import { startExecution } from '../../adapters/stepfunctions/executions.ts';
import { newReplay, type Replay, replayId, replayRequest } from '../../core/events/replay.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

/** `POST /v1/quarantine/replay`: starts a replay, dry or real. */
export const startReplayRoute: OperatorRoute = {
  method: 'POST',
  resource: '/quarantine/replay',
  async handle({ body }, services) {
    const request = operatorInput(replayRequest, body);
    const replay = newReplay(randomUUID(), request, services.nowMs());
    await writeReplay(quarantineOf(services), replay);
    return execute(replay, services);
  },
};

/** `GET /v1/quarantine/replays/{replayId}`: how far it has come. */
export const showReplayRoute: OperatorRoute = {
  method: 'GET',
  resource: '/quarantine/replays/{replayId}',
  async handle(request, services) {
    const { afterKey: _, lineCount: __, ...progress } = await replayOf(request, services);
    return { status: 200, body: progress };
  },
};

/** `POST /v1/quarantine/replays/{replayId}/resume`: goes on where a failed one has stopped. */
export const resumeReplayRoute: OperatorRoute = {
  method: 'POST',
  resource: '/quarantine/replays/{replayId}/resume',
  async handle(request, services) {
    return execute(await replayOf(request, services), services);
  },
};

async function execute({ replayId: id }: Replay, services: OperatorServices) {
  const machine = services.setting('REPLAY_STATE_MACHINE_ARN');
  const executionArn = await startExecution(services.sfn, machine, { replayId: id });
  return { status: 202, body: { replayId: id, executionArn } };
}

async function replayOf({ path }: OperatorRequest, services: OperatorServices): Promise<Replay> {
  const id = operatorInput(replayId, path.replayId);
  const replay = await readReplay(quarantineOf(services), id);
  if (replay === undefined) throw new Problem(404, 'There is no such replay; check its id.');
  return replay;
}

function quarantineOf({ s3, setting }: OperatorServices) {
  return { client: s3, bucket: setting('QUARANTINE_BUCKET') };
}
