import { type Check, printChecks } from './check.ts';
import { functionVariables, withLocalCloud } from './local-cloud.ts';
import { ShopInCloud } from './serving/cloud.ts';
import { benchColdStart } from './serving/cold-start.ts';
import { benchHandler } from './serving/handler.ts';
import { benchHttp } from './serving/http.ts';
import { madeUpModel } from './serving/made-up-model.ts';
import { benchModelSize } from './serving/model-size.ts';
import { benchRanking } from './serving/ranking.ts';

const SHOP = { items: 1_000, customers: 200 };

/** What an answer costs: `npm run bench:serving [-- --json]`. */
async function main(): Promise<void> {
  const checks: Check[] = [];
  checks.push(...benchRanking(madeUpModel()));
  checks.push(...(await benchHandler()));
  checks.push(...(await benchModelSize()));
  await withLocalCloud(async (cloud, template) => {
    const shop = new ShopInCloud(cloud);
    const model = madeUpModel(SHOP.items);
    await shop.publish(model);
    await shop.put(model, SHOP.customers);
    checks.push(...(await benchHttp(cloud, SHOP)));
    // Links that lead to the shop at once: the secret that would sign others has no output that names it.
    const unsigned = { CLICK_HOSTS: '', CLICK_SECRET_ID: 'none' };
    const variables = functionVariables('Serve', template, cloud, unsigned);
    checks.push(...(await benchColdStart(cloud, shop, variables)));
    shop.close();
  });
  printChecks(checks);
}

await main();
