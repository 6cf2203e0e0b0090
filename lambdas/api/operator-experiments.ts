import * as z from 'zod';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import {
  experimentDocuments,
  readExperiments,
} from '../../adapters/dynamodb/experiment-documents.ts';
import { writeExperiment } from '../../adapters/dynamodb/experiment-write.ts';
import { readResults, readResultsPage } from '../../adapters/s3/experiment-results.ts';
import { experiment, experimentId } from '../../core/experiments/experiment.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

const experimentPath = z.strictObject({ experimentId });

/** `GET /v1/experiments`: every experiment's document. */
export const listExperimentsRoute: OperatorRoute = {
  method: 'GET',
  resource: '/experiments',
  async handle(_request, { dynamoDb, setting }) {
    const { experiments, unusableIds } = await readExperiments(
      readableTable({ client: dynamoDb, table: setting('CONFIG_TABLE') }),
    );
    return { status: 200, body: { experiments, unusableIds } };
  },
};

/** `GET /v1/experiments/{experimentId}`: the document, and what the last results say in short. */
export const showExperimentRoute: OperatorRoute = {
  method: 'GET',
  resource: '/experiments/{experimentId}',
  async handle(request, services) {
    const { experimentId: id } = operatorInput(experimentPath, request.path);
    const [document, results] = await Promise.all([
      documentsOf(services).get(id),
      readResults(storeOf(services), id),
    ]);
    if (document === undefined) throw missing();
    const { verdict, reason, until } = results ?? {};
    const summary = results === undefined ? null : { verdict, reason, until };
    return { status: 200, body: { experiment: document, results: summary } };
  },
};

/** `PUT /v1/experiments/{experimentId}`: writes the document; of one that has begun the deal stays. */
export const putExperimentRoute: OperatorRoute = {
  method: 'PUT',
  resource: '/experiments/{experimentId}',
  async handle(request, services) {
    const { experimentId: id } = operatorInput(experimentPath, request.path);
    const document = operatorInput(experiment, request.body);
    if (document.experimentId !== id) {
      throw new Problem(400, `The document is of ${document.experimentId}, the path of ${id}.`);
    }
    const { dynamoDb, setting } = services;
    const written = await writeExperiment(dynamoDb, setting('CONFIG_TABLE'), document);
    if (written.kind === 'conflict') throw new Problem(409, `Not written: ${written.problem}.`);
    if (written.kind === 'unservable') {
      throw new Problem(400, 'Not written: the experiment could not be served.', [written.problem]);
    }
    return { status: 200, body: { experiment: document } };
  },
};

const resultsQuery = z.strictObject({ form: z.enum(['json', 'html']).default('json') });

/** `GET /v1/experiments/{experimentId}/results`: the last night's, as JSON or, with `form=html`, as the page. */
export const experimentResultsRoute: OperatorRoute = {
  method: 'GET',
  resource: '/experiments/{experimentId}/results',
  async handle(request, services) {
    const { experimentId: id } = operatorInput(experimentPath, request.path);
    const { form } = operatorInput(resultsQuery, request.query);
    if (form === 'html') {
      const page = await readResultsPage(storeOf(services), id);
      if (page === undefined) throw withoutResults();
      return { status: 200, body: {}, page };
    }
    const results = await readResults(storeOf(services), id);
    if (results === undefined) throw withoutResults();
    return { status: 200, body: results };
  },
};

function missing(): Problem {
  return new Problem(404, 'There is no such experiment; see GET /v1/experiments.');
}

function withoutResults(): Problem {
  return new Problem(
    404,
    'There are no results yet: they are made every night, from the day after the experiment’s start.',
  );
}

function documentsOf({ dynamoDb, setting }: OperatorServices) {
  return experimentDocuments(dynamoDb, setting('CONFIG_TABLE'));
}

function storeOf({ s3, setting }: OperatorServices) {
  return { client: s3, bucket: setting('LAKE_BUCKET') };
}
