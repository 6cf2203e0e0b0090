import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import {
  type PlacementTable,
  readPlacement,
  readPlacements,
  writePlacement,
} from '../../adapters/dynamodb/placement-documents.ts';
import {
  bundledPlacements,
  servingProblem,
  withDocuments,
} from '../../core/blocks/bundled-placements.ts';
import { type Placement, placementDocument } from '../../core/ranking/placement.ts';
import { placementId } from '../../core/ranking/strategy.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

/** `GET /v1/placements`: every placement that is answered, edited or as it came. */
export const listPlacementsRoute: OperatorRoute = {
  method: 'GET',
  resource: '/placements',
  async handle(_request, services) {
    const { documents, malformed } = await readPlacements(readableTable(placementTable(services)));
    const placements = withDocuments(bundledPlacements, documents)
      .list()
      .map(({ id, version, heading }) => ({
        id,
        version,
        heading,
        isEdited: documents.has(id),
      }));
    return { status: 200, body: { placements, malformed } };
  },
};

/** `GET /v1/placements/{id}`: the document in force. */
export const showPlacementRoute: OperatorRoute = {
  method: 'GET',
  resource: '/placements/{id}',
  async handle({ path }, services) {
    const id = operatorInput(placementId, path.id);
    const document = (await storedPlacement(services, id)) ?? bundledPlacements.find(id);
    if (document === undefined) throw noSuchPlacement();
    return { status: 200, body: document };
  },
};

/**
 * `PUT /v1/placements/{id}`: takes a document's place, or adds one. The body carries the version that was edited (1
 * for a new one); it is stored, and answered, as the next.
 */
export const putPlacementRoute: OperatorRoute = {
  method: 'PUT',
  resource: '/placements/{id}',
  async handle({ path, body }, services) {
    const id = operatorInput(placementId, path.id);
    const document = operatorInput(placementDocument, body);
    if (document.id !== id) {
      throw new Problem(400, `The document is the placement ${document.id}, not ${id}.`, [
        { path: 'id', message: 'must be the id of the path' },
      ]);
    }
    const written = await storePlacement(placementTable(services), document, () =>
      storedPlacement(services, id),
    );
    if (!written.ok) throw new Problem(written.status, written.reason);
    return { status: 200, body: written.document };
  },
};

type Written =
  | { readonly ok: true; readonly document: Placement }
  | { readonly ok: false; readonly status: 400 | 409; readonly reason: string };

async function storePlacement(
  table: PlacementTable,
  document: Placement,
  read: () => Promise<Placement | undefined>,
): Promise<Written> {
  const problem = servingProblem(document);
  if (problem !== undefined) return { ok: false, status: 400, reason: `Not stored: ${problem}.` };
  const stored = await read();
  const inForce = stored ?? bundledPlacements.find(document.id);
  const expected = inForce?.version ?? 1;
  const moved =
    `Version ${expected} is in force and the document says ${document.version}: ` +
    'read it again, and repeat the edit.';
  if (document.version !== expected) return { ok: false, status: 409, reason: moved };
  const next = { ...document, version: expected + 1 };
  const isWritten = await writePlacement(table, next, stored?.version);
  return isWritten ? { ok: true, document: next } : { ok: false, status: 409, reason: moved };
}

export function placementTable({ dynamoDb, setting }: OperatorServices): PlacementTable {
  return { client: dynamoDb, table: setting('CONFIG_TABLE') };
}

/** The document of operators; one that this release can't read is no reason not to write it anew. */
export async function storedPlacement(
  services: OperatorServices,
  id: string,
): Promise<Placement | undefined> {
  try {
    return await readPlacement(readableTable(placementTable(services)), id);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ZodError') throw error;
    throw new Problem(
      409,
      'The stored document is not in a form that this release reads. Write it by `kindred config put placement`, or delete it.',
    );
  }
}

export function noSuchPlacement(): Problem {
  return new Problem(
    404,
    'There is no such placement; see GET /v1/placements for those there are.',
  );
}
