// Checks the document that `npm run demo -- --json` printed: nothing lost, every answer full, the
// outage answered, and for an import every row accounted for and popularity beaten.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const [documentFile, htmlFile] = process.argv.slice(2);
const demo = JSON.parse(readFileSync(documentFile, 'utf8'));
const html = readFileSync(htmlFile, 'utf8');

assert.equal(demo.events.accepted + demo.events.quarantined, demo.events.sent, 'every event sent has a fate');
assert.ok(demo.profiles > 0, 'there are profiles');
assert.ok(demo.freshness_ms.p50 > 0, 'freshness was measured');
assert.ok(demo.model.id !== '', 'a model was published');
for (const answer of [...demo.recommendations, demo.outage]) {
  assert.ok(answer.items.length > 0, 'no answer is empty');
}
assert.notEqual(demo.outage.source, 'personal', 'an outage is answered by a lower rung');
assert.match(html, /<table/u, 'the block is a table');
if (demo.import !== undefined) {
  const { accepted, duplicate, quarantined, skipped } = demo.import.outcomes;
  const leaves = [accepted, duplicate, ...Object.values(quarantined), ...Object.values(skipped)];
  assert.equal(leaves.reduce((sum, n) => sum + n, 0), demo.import.rows, 'every row has one outcome');
  assert.equal(demo.import.rows, 541_909);
}
console.log('the demo\'s document holds');
