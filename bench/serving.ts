import { bundle } from '../cdk/constructs/bundled-code.ts';
import { atMost, type Check, printChecks } from './check.ts';
import { benchHandler } from './serving/handler.ts';
import { madeUpModel } from './serving/made-up-model.ts';
import { benchRanking } from './serving/ranking.ts';

const KILOBYTE = 1024;

/** What an answer costs: `npm run bench:serving [-- --json]`. */
async function main(): Promise<void> {
  const model = madeUpModel();
  printChecks([...benchRanking(model), ...(await benchHandler(model)), bundleSize()]);
}

function bundleSize(): Check {
  const files = bundle('lambdas/api/serve.ts', process.cwd());
  const code = files.find(({ name }) => name === 'index.mjs');
  if (code === undefined) throw new Error('the bundle has no index.mjs');
  return atMost('bundle of the serving function', code.contents.length / KILOBYTE, 'KB', 500);
}

await main();
