import * as z from 'zod';
import { answerSources, strategyKinds } from '../ranking/strategy.ts';

/** Which kind of rung of the ladder answered. */
export const recommendationSources = answerSources;
export const recommendationSource = z.enum(recommendationSources);

/** One item as an ESP sees it: flat, every key always there. */
export const recommendedItem = z.object({
  item_id: z.string(),
  title: z.string(),
  title_html: z.string(),
  price: z.number().nullable(),
  price_text: z.string(),
  currency: z.string(),
  url: z.string(),
  click_url: z.string(),
  image_url: z.string(),
  reason: z.string(),
  /** The rung that it came from. */
  rung: z.enum([...strategyKinds, 'pinned']),
});
export type RecommendedItem = z.infer<typeof recommendedItem>;

/** The answer of GET /v1/recommendations/{placement}. */
export const recommendation = z.object({
  placement: z.string(),
  customer: z.string(),
  source: recommendationSource,
  reason: z.string(),
  model: z.string(),
  experiment: z.string(),
  variant: z.string(),
  /** The place of the block in the mail, from 1, where a variant says one. */
  position: z.number().int().positive().nullable(),
  generated_at: z.iso.datetime(),
  items: z.array(recommendedItem),
});
export type Recommendation = z.infer<typeof recommendation>;
