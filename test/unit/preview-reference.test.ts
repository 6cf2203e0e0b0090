import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { customerStates, DROPS_SHOWN_MAX, preview } from '../../core/blocks/preview.ts';

const text = readFileSync('docs/reference/operator-api.md', 'utf8');
const [, section = ''] = text.split('## The preview\n');

describe('the reference of the preview', () => {
  const { shape } = preview;
  it.each([
    ['the document', shape],
    ['the placement', shape.placement.shape],
    ['the model', shape.model.unwrap().shape],
    ['the assignment', shape.assignment.unwrap().shape],
    ['the customer', shape.customer.shape],
    ['an item', shape.items.element.shape],
    ['a drop', shape.drops.element.shape],
    ['a dropped item', shape.drops.element.shape.items.element.shape],
  ])('names every field of %s', (_, fields) => {
    for (const name of Object.keys(fields)) expect(section).toContain(`\`${name}\``);
  });

  it('names every state of a customer, and how many drops are shown', () => {
    for (const state of customerStates) expect(section).toContain(`\`${state}\``);
    expect(section).toContain(`the first ${DROPS_SHOWN_MAX} \`items\``);
  });
});
