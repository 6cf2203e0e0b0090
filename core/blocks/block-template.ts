import * as z from 'zod';

/**
 * A template: how a recommendation becomes HTML, in Liquid (https://shopify.github.io/liquid/). It is a
 * document as placements are: versioned, strict, and replaced as a whole. What it may use stands in
 * docs/reference/blocks.md.
 */
export const TEMPLATE_SCHEMA_VERSION = 1;

/** The kind under which templates stand in the config table. */
export const TEMPLATE_KIND = 'template';

/** A generous newsletter's block is 10 KB of source; the answer itself may have no more than 100 KB. */
export const TEMPLATE_CHARACTERS_MAX = 64_000;

/** Formed as the ids of placements, which name templates. */
export const templateId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, {
  error: 'is no id of a template: lower-case letters, digits and hyphens, at most 64',
});

export const blockTemplate = z.strictObject({
  schemaVersion: z.literal(TEMPLATE_SCHEMA_VERSION),
  templateId,
  /** Counted up with every change: a writer who has not seen the last one is refused. */
  version: z.number().int().positive(),
  liquid: z.string().min(1).max(TEMPLATE_CHARACTERS_MAX),
});
export type BlockTemplate = z.infer<typeof blockTemplate>;
