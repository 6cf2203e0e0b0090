import * as z from 'zod';
import type { EventDefinition } from './event-definition.ts';
import type { DocumentedEvent } from './event-documentation.ts';

/** A JSON Schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What the registry publishes of an event: the JSON Schema of its properties, draft 2020-12. */
export function jsonSchemaOf(definition: DocumentedEvent): JsonSchema {
  const { name, version, family, description, mapsTo, examples, properties } = definition;
  // What is taken, not what is kept: the reader is someone who sends.
  const { $schema, ...schema } = z.toJSONSchema(properties, { io: 'input' });
  return {
    $schema,
    $id: `urn:kindred:event:${slugOf(name)}:${version}`,
    title: name,
    description,
    version,
    family,
    mapsTo,
    examples,
    ...schema,
  };
}

/** An event's name as it stands in addresses and file names, e.g. `product-viewed`. */
export function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

/** The file of the record of a definition's version. */
export function recordNameOf({ name, version }: EventDefinition): string {
  return `${slugOf(name)}.v${version}.json`;
}

/** The text of the file from which the schemas are served: each by its slug. */
export function publishedSchemas(definitions: readonly DocumentedEvent[]): string {
  const bySlug = Object.fromEntries(
    definitions.map((definition) => [slugOf(definition.name), jsonSchemaOf(definition)]),
  );
  return `${JSON.stringify(bySlug, null, 2)}\n`;
}
