import * as z from 'zod';
import {
  begunCount,
  erasureRecords,
  readCertificate,
  SearchChangedError,
  type Stored,
} from '../../adapters/s3/search-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { startExecution } from '../../adapters/stepfunctions/executions.ts';
import { isGenuine, signedCertificate } from '../../core/privacy/certificate.ts';
import { type Erasure, searchId } from '../../core/privacy/search.ts';
import { Problem } from '../ingest/answers.ts';
import { privacyStore } from './operator-customers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

/** `GET /v1/erasures/{erasureId}`: how far it has come. */
export const showErasureRoute: OperatorRoute = {
  method: 'GET',
  resource: '/erasures/{erasureId}',
  async handle(request, services) {
    const { value } = await erasureOf(request, services);
    const {
      person: _,
      units,
      plannedPass: __,
      passesBefore: ___,
      isMarked: ____,
      ...shown
    } = value;
    const { erasureId, pass, status } = value;
    const isRunning = status === 'running';
    const begun = isRunning ? await begunCount(privacyStore(services), erasureId, pass) : 0;
    return { status: 200, body: { ...shown, unitCount: units.length, begunCount: begun } };
  },
};

const resumeQuery = z.strictObject({ force: z.enum(['true', 'false']).default('false') });

/**
 * `POST /v1/erasures/{erasureId}/resume`: goes on with one that failed, and repeats one that is done: after a restore
 * from a backup everything is searched again.
 */
export const resumeErasureRoute: OperatorRoute = {
  method: 'POST',
  resource: '/erasures/{erasureId}/resume',
  async handle(request, services) {
    const { force } = operatorInput(resumeQuery, request.query);
    const stored = await erasureOf(request, services);
    const { status, pass, problem: _, ...rest } = stored.value;
    if (status === 'running' && force === 'false') {
      throw new Problem(
        409,
        'The erasure is under way. If its execution was stopped by hand, send force=true.',
      );
    }
    const isOver = status === 'done';
    const resumed = {
      ...rest,
      status: 'running' as const,
      pass: isOver ? pass + 1 : pass,
      passesBefore: isOver ? pass : rest.passesBefore,
      updatedAt: new Date(services.nowMs()).toISOString(),
    };
    const records = erasureRecords(privacyStore(services));
    try {
      await records.write(rest.erasureId, resumed, stored);
    } catch (error) {
      if (!(error instanceof SearchChangedError)) throw error;
      throw new Problem(409, 'The erasure got on at this moment. Look again.');
    }
    const machine = services.setting('ERASE_STATE_MACHINE_ARN');
    await startExecution(services.sfn, machine, { searchId: rest.erasureId });
    return { status: 202, body: { erasureId: rest.erasureId } };
  },
};

/** `GET /v1/erasures/{erasureId}/certificate`: what was deleted where, and whether it is as it was signed. */
export const certificateRoute: OperatorRoute = {
  method: 'GET',
  resource: '/erasures/{erasureId}/certificate',
  async handle(request, services) {
    const { value } = await erasureOf(request, services);
    if (value.certificateKey === undefined) {
      throw new Problem(404, 'There is no certificate before the erasure is done.');
    }
    const signed = signedCertificate.parse(
      await readCertificate(privacyStore(services), value.certificateKey),
    );
    const secret = await readSecret(services.setting('CERTIFICATE_SECRET_ID'));
    return { status: 200, body: { ...signed, isGenuine: isGenuine(signed, secret) } };
  },
};

async function erasureOf(
  { path }: OperatorRequest,
  services: OperatorServices,
): Promise<Stored<Erasure>> {
  const id = operatorInput(searchId, path.erasureId);
  const stored = await erasureRecords(privacyStore(services)).read(id);
  if (stored === undefined) throw new Problem(404, 'There is no such erasure; check its id.');
  return stored;
}
