/**
 * Does what training learns on the synthetic shop beat popularity, and does the gate see it? Over many
 * seeds, because a shop that was tuned to one seed would prove nothing:
 * `node bench/synthetic-shop.ts [number of seeds]`.
 */

import { TRAINING_SEED } from '../core/training/candidate.ts';
import type { TrainingData } from '../core/training/fit.ts';
import { decide } from '../core/training/gate.ts';
import { CART, PURCHASE, VIEW } from '../core/training/interactions.ts';
import { openTrainingThreads } from '../core/training/training-threads.ts';
import { tune } from '../core/training/tune.ts';
import { heldOut, judgedCandidate } from '../examples/judged-candidate.ts';
import { generateShop, type Shop } from '../examples/shop/generate.ts';

/** A fixed day, so that the figures can be repeated; nothing in the shop depends on which. */
const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const SEEDS_DEFAULT = 20;

/** What enrichment makes of the calls: customers by the person, items with what was done with them. */
export function trainingDataOf(shop: Shop): TrainingData {
  const customerOf = new Map(shop.customers.map(({ anonymousId }, index) => [anonymousId, index]));
  const itemOf = new Map(shop.items.map(({ itemId }, index) => [itemId, index]));
  const rows = shop.calls.flatMap((call) => {
    const customer = customerOf.get(call.anonymousId ?? '') ?? 0;
    const timeS = Math.floor(Date.parse(call.timestamp) / 1000);
    const row = (kind: number, itemId: unknown) => {
      const item = itemOf.get(String(itemId));
      return item === undefined ? [] : [{ customer, item, kind, timeS }];
    };
    if (call.event === 'Product Viewed') return row(VIEW, call.properties?.product_id);
    if (call.event === 'Product Added') return row(CART, call.properties?.product_id);
    if (call.event !== 'Order Completed') return [];
    const products = call.properties?.products;
    return (Array.isArray(products) ? products : []).flatMap((product: { product_id: string }) =>
      row(PURCHASE, product.product_id),
    );
  });
  return {
    interactions: {
      customers: Uint32Array.from(rows, ({ customer }) => customer),
      items: Uint32Array.from(rows, ({ item }) => item),
      kinds: Uint8Array.from(rows, ({ kind }) => kind),
      timesS: Uint32Array.from(rows, ({ timeS }) => timeS),
      customerCount: shop.customers.length,
      itemCount: shop.items.length,
    },
    items: shop.items.map((item) => ({ ...item, available: true, updatedAtMs: NOW_MS })),
  };
}

const threads = openTrainingThreads();

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? SEEDS_DEFAULT);
  let promoted = 0;
  for (let seed = 1; seed <= count; seed += 1) {
    const shop = generateShop({ seed, nowMs: NOW_MS });
    const data = trainingDataOf(shop);
    const split = heldOut(data);
    const tuning = await tune(threads, data, split, TRAINING_SEED);
    const { report } = await judgedCandidate({ threads, data, split, tuning });
    const verdict = decide(report);
    if (verdict.promoted) promoted += 1;
    const { candidate: ours, popularity: theirs } = report;
    console.log(
      `seed ${String(seed).padStart(2)}  ${shop.calls.length} events  ${split.holdoutDays} days  n ${ours.all.customers}  ` +
        `NDCG@12 all ${theirs.all.ndcg.toFixed(3)} → ${ours.all.ndcg.toFixed(3)}  ` +
        `fresh ${theirs.fresh.ndcg.toFixed(3)} → ${ours.fresh.ndcg.toFixed(3)}  ` +
        `${verdict.promoted ? 'promoted' : 'rejected'}: ${verdict.reasons.join('; ')}`,
    );
  }
  console.log(`${promoted} of ${count} promoted`);
}

if (import.meta.main) await main();
