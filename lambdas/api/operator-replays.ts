import { randomUUID } from 'node:crypto';
import {
  createReplay,
  ReplayChangedError,
  readReplay,
  type StoredReplay,
  writeReplay,
} from '../../adapters/s3/replay-store.ts';
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
    const replay = newReplay(randomUUID(), request, randomUUID(), services.nowMs());
    await createReplay(quarantineOf(services), replay);
    return execute(replay, services);
  },
};

/** `GET /v1/quarantine/replays/{replayId}`: how far it has come. */
export const showReplayRoute: OperatorRoute = {
  method: 'GET',
  resource: '/quarantine/replays/{replayId}',
  async handle(request, services) {
    const { replay } = await replayOf(request, services);
    const { afterKey: _, lineCount: __, owner: ___, ...progress } = replay;
    return { status: 200, body: progress };
  },
};

/**
 * `POST /v1/quarantine/replays/{replayId}/resume`: goes on where a failed one has stopped. The new
 * execution takes the replay over: one that still runs ends with its next checkpoint.
 */
export const resumeReplayRoute: OperatorRoute = {
  method: 'POST',
  resource: '/quarantine/replays/{replayId}/resume',
  async handle(request, services) {
    const stored = await replayOf(request, services);
    if (stored.replay.status === 'done') {
      throw new Problem(409, 'The replay is done; start another one to replay again.');
    }
    const taken = { ...stored.replay, owner: randomUUID() };
    try {
      await writeReplay(quarantineOf(services), taken, stored);
    } catch (error) {
      if (!(error instanceof ReplayChangedError)) throw error;
      throw new Problem(409, 'The replay is under way: it got on at this moment. Look again.');
    }
    return execute(taken, services);
  },
};

async function execute({ replayId: id, owner }: Replay, services: OperatorServices) {
  const machine = services.setting('REPLAY_STATE_MACHINE_ARN');
  const executionArn = await startExecution(services.sfn, machine, { replayId: id, owner });
  return { status: 202, body: { replayId: id, executionArn } };
}

async function replayOf(
  { path }: OperatorRequest,
  services: OperatorServices,
): Promise<StoredReplay> {
  const id = operatorInput(replayId, path.replayId);
  const stored = await readReplay(quarantineOf(services), id);
  if (stored === undefined) throw new Problem(404, 'There is no such replay; check its id.');
  return stored;
}

function quarantineOf({ s3, setting }: OperatorServices) {
  return { client: s3, bucket: setting('QUARANTINE_BUCKET') };
}
