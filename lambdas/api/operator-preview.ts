import type { StoredPlacements } from '../../adapters/dynamodb/placement-documents.ts';
import {
  bundledPlacements,
  type Placements,
  servingProblem,
  withDocuments,
} from '../../core/blocks/bundled-placements.ts';
import { HOLDOUT } from '../../core/experiments/experiment.ts';
import { profileAt } from '../../core/profile/profile-at.ts';
import { placementId } from '../../core/ranking/strategy.ts';
import { Problem } from '../ingest/answers.ts';
import { assignmentOf, type ExperimentRead } from './current-experiments.ts';
import type { Customer } from './customers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';
import { preparedAnswer } from './prepare-answer.ts';
import { writtenPreview } from './preview-document.ts';
import { previewQuery } from './preview-input.ts';
import type { PreviewSources } from './preview-sources.ts';
import { wantedItems } from './wanted-items.ts';

export interface PreviewServices {
  readonly sources: PreviewSources;
  readonly nowMs: () => number;
}

/**
 * `GET /v1/placements/{id}/preview`: what a customer would get at this moment, or another one, and why. By the code
 * that serves, without its memory; nothing is recorded.
 */
export const previewRoute: OperatorRoute<PreviewServices> = {
  method: 'GET',
  resource: '/placements/{id}/preview',
  async handle(request, { sources, nowMs: clock }) {
    const id = operatorInput(placementId, request.path.id);
    const asked = operatorInput(previewQuery, request.query);
    const nowMs = clock();
    const atMs = asked.at ?? nowMs;
    const startedMs = performance.now();
    const [stored, experiments, model, present] = await Promise.all([
      sources.placements(),
      sources.experiments(),
      sources.model(asked.model),
      sources.customer(asked.customer),
    ]);
    const placements = placementsWith(id, stored);
    refuseUnknownVariant(id, asked.variant, experiments);
    const customer = asked.at === undefined ? present : customerAt(present, asked.at);
    const erased = customer.kind === 'unknown' ? await sources.erasure(customer.shown) : undefined;
    const foundMs = performance.now();
    const { customer: key, limit, variant } = asked;
    const query = { placement: id, customer: key, limit, variant };
    const assign = assignmentOf(experiments.experiments);
    const prepared = preparedAnswer(query, { placements, customer, model, assign }, atMs);
    const live = await sources.items(wantedItems(prepared.base), atMs);
    const readMs = performance.now();
    const body = writtenPreview({
      ...{ query, asked, customer, erased, prepared, live, experiments, nowMs },
      isEdited: stored.documents.has(id),
    });
    const durationsMs = {
      sources: foundMs - startedMs,
      catalogue: readMs - foundMs,
      rank: performance.now() - readMs,
    };
    return { status: 200, body: { ...body, durationsMs } };
  },
};

/** Every placement as it is answered. @throws Problem where the one that is asked for is none, or can't be used. */
function placementsWith(id: string, { documents, malformed }: StoredPlacements): Placements {
  const asked = documents.get(id);
  const problem = malformed.includes(id)
    ? 'it is not in a form that this release reads'
    : asked && servingProblem(asked);
  if (problem !== undefined) {
    throw new Problem(
      409,
      `The stored document can’t be used: ${problem}. Functions go on with its last good version, or the bundled ` +
        'one; write it again by `kindred config put placement`.',
    );
  }
  const usable = [...documents].filter(([, document]) => servingProblem(document) === undefined);
  const placements = withDocuments(bundledPlacements, new Map(usable));
  if (placements.find(id) === undefined) {
    throw new Problem(
      404,
      'There is no such placement; see GET /v1/placements for those there are. Served, it gets the fallback.',
    );
  }
  return placements;
}

function refuseUnknownVariant(
  id: string,
  variant: string | undefined,
  { experiments }: ExperimentRead,
): void {
  if (variant === undefined || variant === '') return;
  const names = new Set(
    experiments
      .filter(({ placement }) => placement === id)
      .flatMap(({ variants }) => [...variants.map((each) => each.id), HOLDOUT]),
  );
  if (names.has(variant)) return;
  const message =
    names.size === 0
      ? 'is no variant: there is no experiment on this placement'
      : `is no variant of an experiment on this placement; there are ${[...names].join(', ')}`;
  throw new Problem(400, 'There is no such variant; see issues.', [{ path: 'variant', message }]);
}

function customerAt(customer: Customer, atMs: number): Customer {
  if (customer.kind !== 'known') return customer;
  return { ...customer, profile: profileAt(customer.profile, atMs) };
}
