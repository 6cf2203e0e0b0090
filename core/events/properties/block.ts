import * as z from 'zod';
import type { EventDefinition } from '../event-definition.ts';
import { id, optionalFlag, optionalId, optionalText } from '../field.ts';

const mailFields = { campaign_id: optionalId, email_id: optionalId };
const experimentFields = { experiment_id: optionalId, variation_id: optionalId };

/** What became of a recommended block in a mail. Of ours. */
export const blockEvents: readonly EventDefinition[] = [
  {
    name: 'Block Served',
    family: 'email',
    version: 1,
    properties: z.looseObject({ placement_id: id, ...experimentFields, ...mailFields }),
  },
  {
    name: 'Block Clicked',
    family: 'email',
    version: 1,
    properties: z.looseObject({
      placement_id: id,
      ...experimentFields,
      ...mailFields,
      product_id: optionalId,
      machine_click: optionalFlag,
    }),
  },
];

/** Who saw which variant. Source: https://segment.com/docs/connections/spec/ab-testing/ */
export const experimentEvents: readonly EventDefinition[] = [
  {
    name: 'Experiment Viewed',
    family: 'email',
    version: 1,
    properties: z.looseObject({
      experiment_id: id,
      experiment_name: optionalText,
      variation_id: id,
      variation_name: optionalText,
      placement_id: optionalId,
      ...mailFields,
    }),
  },
];
