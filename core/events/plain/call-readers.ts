import { callSchemaOf } from '../call.ts';
import { type EventType, eventTypes } from '../event.ts';
import { optionalObject } from '../field.ts';
import { eventDefinitions } from '../registry.ts';
import { NameTable } from './names.ts';
import type { CallReaders } from './plain-call.ts';
import { type PlainReader, plainReaderOf, readAny } from './plain-reader.ts';
import { NOT_PLAIN } from './tokens.ts';

const readNever: PlainReader = () => NOT_PLAIN;
const readObject = plainReaderOf(optionalObject);

const events = eventDefinitions.map(({ name, properties }) => ({
  name,
  properties: plainReaderOf(properties),
}));

interface TypeReaders {
  readonly properties: PlainReader;
  readonly others: ReadonlyMap<string, PlainReader>;
}

const typeReaders: ReadonlyMap<EventType, TypeReaders> = new Map(
  eventTypes.map((type) => {
    const { shape } = callSchemaOf(type);
    const others = Object.entries(shape).map(([name, field]): [string, PlainReader] => [
      name,
      plainReaderOf(field),
    ]);
    const { properties = optionalObject } = shape;
    return [type, { properties: plainReaderOf(properties), others: new Map(others) }];
  }),
);

const namedByAny = new Set([...typeReaders.values()].flatMap(({ others }) => [...others.keys()]));

const { context, traits } = callSchemaOf('track').shape;

/** Made of the schemas that validation asks (call.ts, registry.ts). */
export const callReaders: CallReaders = {
  context: context === undefined ? readNever : plainReaderOf(context),
  traits: traits === undefined ? readNever : plainReaderOf(traits),
  events,
  eventNames: new NameTable(events.map(({ name }) => name)),
  propertiesOf: (type, event) => {
    if (type === undefined) return readAny;
    if (type !== 'track') return typeReaders.get(type)?.properties ?? readNever;
    return event?.properties ?? readObject;
  },
  otherOf: (type, name) => {
    // What it says of whom has to be settled.
    if (name === 'previousId') return readNever;
    // Before the type is known, nothing is known of a field that some type has.
    if (type === undefined) return namedByAny.has(name) ? readNever : readAny;
    return typeReaders.get(type)?.others.get(name) ?? readAny;
  },
};
