import type { JsonataState, StateOf } from './definition-schema.ts';
import { distributedFields } from './distributed-map-schema.ts';
import type { Value } from './frame.ts';
import type { Json } from './json.ts';
import { compileJsonata } from './jsonata-value.ts';
import type { Distributed, ItemReader, Processor } from './machine.ts';
import { at, refuse } from './refusal.ts';

type RawMap = StateOf<JsonataState, 'Map'>;

/** What makes a Map distributed; an inline one is refused the fields that need it. */
export function distributedOf(
  raw: RawMap,
  name: string,
  path: string,
  { executionType }: Processor,
): Distributed | undefined {
  if (executionType === undefined) {
    for (const field of Object.keys(distributedFields)) {
      if (Object.hasOwn(raw, field)) refuse(at(path, field), 'Only a DISTRIBUTED Map has it.');
    }
    return undefined;
  }
  if (raw.ItemReader !== undefined && raw.Items !== undefined) {
    refuse(at(path, 'ItemReader'), 'A Map has either Items or an ItemReader.');
  }
  const compiled = (value: Json | undefined, ...field: string[]): Value | undefined =>
    value === undefined ? undefined : compileJsonata(value, at(path, ...field), []);
  return {
    label: raw.Label ?? name,
    executionType,
    reader: raw.ItemReader && readerOf(raw.ItemReader, at(path, 'ItemReader')),
    batchItemsMax: compiled(raw.ItemBatcher?.MaxItemsPerBatch, 'ItemBatcher', 'MaxItemsPerBatch'),
    batchInput: compiled(raw.ItemBatcher?.BatchInput, 'ItemBatcher', 'BatchInput'),
    toleratedCount: compiled(raw.ToleratedFailureCount, 'ToleratedFailureCount'),
    toleratedPercentage: compiled(raw.ToleratedFailurePercentage, 'ToleratedFailurePercentage'),
    writerArguments: compiled(raw.ResultWriter?.Arguments, 'ResultWriter', 'Arguments'),
  };
}

function readerOf(raw: NonNullable<RawMap['ItemReader']>, path: string): ItemReader {
  const { ReaderConfig: config } = raw;
  return {
    kind: config !== undefined && 'InputType' in config ? config.InputType : 'listing',
    argumentsOf: compileJsonata(raw.Arguments, at(path, 'Arguments'), []),
    itemsMax:
      config?.MaxItems === undefined
        ? undefined
        : compileJsonata(config.MaxItems, at(path, 'ReaderConfig', 'MaxItems'), []),
  };
}
