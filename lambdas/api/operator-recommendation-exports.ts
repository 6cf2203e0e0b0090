import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { readExportRun } from '../../adapters/s3/export-store.ts';
import { startExecution } from '../../adapters/stepfunctions/executions.ts';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { exportId, exportRequest } from '../../core/blocks/recommendation-export.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import { storedPlacement } from './operator-placements.ts';
import type { OperatorRoute } from './operator-route.ts';

/** `POST /v1/recommendation-exports`: starts to write recommendation lists to files. */
export const startRecommendationExportRoute: OperatorRoute = {
  method: 'POST',
  resource: '/recommendation-exports',
  async handle({ body }, services) {
    const { dynamoDb, sfn, setting } = services;
    const request = operatorInput(exportRequest, body ?? {});
    const { placement } = request;
    const isKnown =
      bundledPlacements.find(placement) ?? (await storedPlacement(services, placement));
    if (isKnown === undefined) {
      throw new Problem(400, 'There is no placement of this name; name one that the API answers.', [
        { path: 'placement', message: 'is no placement' },
      ]);
    }
    const pointer = await readPointer(
      readableTable({ client: dynamoDb, table: setting('CONFIG_TABLE') }),
    );
    if (pointer === undefined)
      throw new Problem(409, 'No model is published yet: train one first.');
    const arn = setting('EXPORT_RECOMMENDATIONS_STATE_MACHINE_ARN');
    const executionArn = await startExecution(sfn, arn, request);
    const id = executionArn.split(':').at(-1);
    return { status: 202, body: { exportId: id, executionArn } };
  },
};

/** `GET /v1/recommendation-exports/{exportId}`: how far it is, and where its files lie. */
export const showRecommendationExportRoute: OperatorRoute = {
  method: 'GET',
  resource: '/recommendation-exports/{exportId}',
  async handle({ path }, { s3, setting }) {
    const id = operatorInput(exportId, path.exportId);
    const bucket = setting('LAKE_BUCKET');
    const run = await readExportRun({ client: s3, bucket }, id);
    if (run === undefined) {
      throw new Problem(
        404,
        'There is no such export; what is known of one is kept for a week. One just started is planned first.',
      );
    }
    const { units, folder, ...shown } = run;
    return {
      status: 200,
      body: { ...shown, unitCount: units.length, location: `s3://${bucket}/${folder}` },
    };
  },
};
