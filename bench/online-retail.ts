/**
 * The model against 14-day popularity on real orders (UCI Online Retail), straight from the file:
 * `node bench/online-retail.ts [--json]`. Rows are kept as the importer keeps them: a customer, a
 * product code (five digits first), a positive price and quantity, no cancelled invoice. The last 30
 * days are held out; parameters are tuned without them.
 */
import { fitOnAll, TRAINING_SEED } from '../core/training/candidate.ts';
import { fitServedModel } from '../core/training/fit.ts';
import { decide } from '../core/training/gate.ts';
import type { EvaluationReport } from '../core/training/report.ts';
import { HOLDOUT_DAYS_DEFAULT } from '../core/training/split.ts';
import { openTrainingThreads } from '../core/training/training-threads.ts';
import { tune } from '../core/training/tune.ts';
import { heldOut, judgedCandidate } from '../examples/judged-candidate.ts';
import { ORDERS, readOnlineRetail } from '../examples/online-retail-orders.ts';

const threads = openTrainingThreads();

async function main(): Promise<void> {
  const data = await readOnlineRetail();
  if (data === undefined) {
    console.log(`online-retail: skipped, ${ORDERS} is absent`);
    return;
  }
  const split = heldOut(data, HOLDOUT_DAYS_DEFAULT);
  const startMs = performance.now();
  const tuning = await tune(threads, data, split, TRAINING_SEED);
  const tunedMs = performance.now();
  const { report } = await judgedCandidate({ threads, data, split, tuning });
  const evaluatedMs = performance.now();
  await fitServedModel(threads, 'final', fitOnAll(data, split), tuning.parameters);
  const fittedMs = performance.now();
  const seconds = {
    tune: (tunedMs - startMs) / 1000,
    evaluate: (evaluatedMs - tunedMs) / 1000,
    finalFit: (fittedMs - evaluatedMs) / 1000,
  };
  const verdict = decide(report);
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ checks: checksOf(report), report, verdict, seconds }, null, 2));
    return;
  }
  const { popularity, candidate: model, versusPopularity } = report;
  for (const question of ['all', 'fresh'] as const) {
    const [theirs, ours] = [popularity[question], model[question]];
    const { lower, upper } = versusPopularity[question];
    console.log(
      `${question.padEnd(6)} n ${ours.customers}  NDCG@12 popularity ${theirs.ndcg.toFixed(4)} ` +
        `model ${ours.ndcg.toFixed(4)} (difference ${lower.toFixed(4)} … ${upper.toFixed(4)})  ` +
        `hit@12 ${theirs.hit.toFixed(3)} ${ours.hit.toFixed(3)}`,
    );
  }
  console.log(`${verdict.promoted ? 'promoted' : 'rejected'}: ${verdict.reasons.join('; ')}`);
  console.log(`parameters ${JSON.stringify(tuning.parameters)}, ${tuning.trials.length} trials`);
  console.log(
    `seconds ${JSON.stringify(seconds)}, memory ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
  );
}

/** What the model is held to: more than 14-day popularity on either question. */
function checksOf({ popularity, candidate }: EvaluationReport) {
  return (['all', 'fresh'] as const).map((question) => {
    const [value, bound] = [candidate[question].ndcg, popularity[question].ndcg];
    return {
      name: `NDCG@12 ${question}`,
      value,
      unit: 'NDCG',
      bound: `> ${bound}`,
      ok: value > bound,
    };
  });
}

if (import.meta.main) await main();
