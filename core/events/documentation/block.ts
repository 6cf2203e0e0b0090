import type { EventDocumentation } from '../event-documentation.ts';

const inExperiment = {
  placement_id: 'for-you',
  experiment_id: '2026-11-hero',
  variation_id: 'b',
  campaign_id: 'spring',
};

export const blockDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Block Served': {
    description:
      'An ESP fetched a block for a customer. No exposure by itself: the mail may never be sent.',
    mapsTo: 'the profile’s assignments, where it names a variant; an exposure once a mail follows',
    examples: [inExperiment, { placement_id: 'popular' }],
  },
  'Block Clicked': {
    description: 'An item of a block was clicked, by the customer or, as marked, by a machine.',
    mapsTo: 'outcomes of experiments',
    examples: [
      { ...inExperiment, product_id: 'mug-blue' },
      { ...inExperiment, machine_click: true },
    ],
  },
};

export const experimentDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Experiment Viewed': {
    description: 'A customer was shown a variant, in a mail that reached them.',
    mapsTo: 'exposures of experiments, and the profile’s assignments',
    examples: [{ ...inExperiment, email_id: 'e-18' }],
  },
};
