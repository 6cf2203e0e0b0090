import { type Experiment, experiment } from '../../../core/experiments/experiment.ts';

/** An experiment on the placement `for-you`, half and half, that runs. */
export function heroExperiment(changes: Partial<Experiment> = {}): Experiment {
  return experiment.parse({
    schemaVersion: 1,
    experimentId: '2026-11-hero',
    version: 1,
    status: 'running',
    placement: 'for-you',
    variants: [
      { id: 'a', weight: 0.5 },
      { id: 'b', weight: 0.5, overrides: { rules: { categoryItemsMax: 1 }, position: 2 } },
    ],
    startsAt: '2026-11-01T00:00:00Z',
    primaryOutcome: 'conversion',
    currency: 'GBP',
    ...changes,
  });
}
