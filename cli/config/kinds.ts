import type * as z from 'zod';
import { type SourceDocument, sourceDocument } from '../../core/events/source.ts';

/** A kind of document in the config table, as `kindred config` handles it. */
export interface ConfigKind<Schema extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly schema: Schema;
  /** The id under which a document stands. */
  readonly idOf: (document: z.output<Schema>) => string;
  /** One line for the help. */
  readonly describe: string;
  /** What is written in the place of `stored`, where that isn't just the document. */
  readonly settle?: (
    document: z.output<Schema>,
    stored: z.output<Schema> | undefined,
  ) => z.output<Schema>;
}

/** States a kind in the types of its schema, and forgets them for the list. */
function kindOf<Schema extends z.ZodType>(stated: ConfigKind<Schema>): ConfigKind {
  const { kind, schema, describe, idOf, settle } = stated;
  const read = (document: unknown) => schema.parse(document);
  const base = { kind, schema, describe, idOf: (document: unknown) => idOf(read(document)) };
  if (settle === undefined) return base;
  return {
    ...base,
    settle: (document, stored) =>
      settle(read(document), stored === undefined ? undefined : read(stored)),
  };
}

/** Every kind that people write. What functions keep for themselves stands beside them and isn't listed. */
export const configKinds: readonly ConfigKind[] = [
  kindOf({
    kind: 'source',
    schema: sourceDocument,
    idOf: ({ sourceId }) => sourceId,
    describe: 'where events come from, and what they may be (docs/reference/sources.md)',
    settle: withStoredKeys,
  }),
];

/** Keys are made and retired by `kindred source`, so that a document that was edited meanwhile revives none. */
function withStoredKeys(
  document: SourceDocument,
  stored: SourceDocument | undefined,
): SourceDocument {
  return { ...document, writeKeys: stored?.writeKeys ?? [] };
}
