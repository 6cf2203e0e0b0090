import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { callCheckOf, callSchemaOf } from '../../core/events/call.ts';
import { eventTypes } from '../../core/events/event.ts';
import { issuesOf } from '../../core/events/issue.ts';
import type { ObjectCheck } from '../../core/events/object-check.ts';
import { eventDefinitions, propertiesCheckOf } from '../../core/events/registry.ts';
import { structureIssue } from '../../core/events/structure.ts';

const value = fc.oneof(
  fc.constantFrom<unknown>(null, '', 'GBP', 'gbp', '£', 'a\u0000', '\ud800', 0, -1, 1.5, true),
  fc.constantFrom<unknown>('anna@shop.example', 'n/a', 'a@b', 'x'.repeat(513), 2 ** 60, Infinity),
  fc.constantFrom<unknown>([], {}, [{}], [{ product_id: 7 }], [{ product_id: 'a', price: 1 }]),
  fc.constantFrom<unknown>({ email: 'n/a' }, { email: 'a@b.cd' }, { traits: { email: '' } }),
  fc.string(),
  fc.jsonValue(),
);

/** Objects with fields of the schema's names, some of other names. */
function objectLike(names: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(fc.constantFrom(...names, 'other', 'constructor'), value, { maxKeys: 6 });
}

function agree(check: ObjectCheck, schema: ReturnType<typeof callSchemaOf>, input: unknown): void {
  const truth = schema.safeParse(input);
  if (check.isSure(input, 1)) {
    expect(truth.success && truth.data).toEqual(input);
    expect(structureIssue(input)).toBeUndefined();
  }
  const settled = check.settle(input, 1);
  if (truth.success) {
    expect(settled.kind === 'settled' && settled.fields).toEqual(truth.data);
  } else {
    expect(settled).toEqual({ kind: 'wrong', issues: issuesOf(truth.error.issues, input) });
  }
}

it('zod and the fast check say the same of any call', () => {
  for (const type of eventTypes) {
    const schema = callSchemaOf(type);
    const property = fc.property(objectLike(Object.keys(schema.shape)), (input) =>
      agree(callCheckOf(type), schema, input),
    );
    fc.assert(property, { numRuns: 300 });
  }
});

it('zod and the fast check say the same of any properties', () => {
  for (const { name, properties } of eventDefinitions) {
    const check = propertiesCheckOf(name);
    if (check === undefined) throw new Error(`${name} has no check`);
    const names = Object.keys(properties.shape);
    const valid = { product_id: 'a', order_id: 'o', query: 'q' };
    const property = fc.property(objectLike(names), fc.boolean(), (input, isFilled) =>
      agree(check, properties, isFilled ? { ...valid, ...input } : input),
    );
    fc.assert(property, { numRuns: 150 });
  }
});
