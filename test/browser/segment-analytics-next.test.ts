import { readFile } from 'node:fs/promises';
import type { Browser, HTTPRequest, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestCloud, type TestCloud } from '../integration/cloud.ts';
import { addSource, failNextRequest } from '../support/sdk-source.ts';
import { launchChromium, missingChromium, type Site, serveSite } from './chromium.ts';

/** The package's own bundle for pages, as Segment's CDN serves it. */
const BUNDLE = 'node_modules/@segment/analytics-next/dist/umd/index.js';

describe.skipIf(missingChromium())('an unmodified analytics.js of Segment on a page', () => {
  let test: TestCloud;
  let site: Site;
  let browser: Browser;
  let writeKey: string;
  let page: Page;
  beforeAll(async () => {
    const script = { type: 'text/javascript', body: await readFile(BUNDLE) };
    const html = {
      type: 'text/html',
      body: '<!doctype html><title>Shop</title><script src="/analytics.js"></script>',
    };
    site = await serveSite({ '/': html, '/next': html, '/analytics.js': script });
    test = await startTestCloud();
    browser = await launchChromium();
    writeKey = await addSource(test, { sourceId: 'web-shop', allowedOrigins: [site.origin] });
  });
  afterEach(() => page?.close());
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    await test?.stop();
  });

  /** Loads the SDK by its address alone, as the how-to says, and calls `use` with it. */
  async function open(deliveryStrategy: object = {}): Promise<HTTPRequest[]> {
    page = await browser.newPage();
    const requests: HTTPRequest[] = [];
    page.on('request', (request) => requests.push(request));
    await page.goto(site.origin);
    const settings = { writeKey, cdnURL: test.cloud.connection.collector };
    const options = { integrations: { 'Segment.io': { deliveryStrategy } } };
    await page.evaluate(
      `window.analytics = AnalyticsNext.AnalyticsBrowser.load(${JSON.stringify(settings)}, ${JSON.stringify(options)}); analytics.ready();`,
    );
    return requests;
  }

  const knows = (userId: string, eventCount: number) =>
    eventually(
      `${eventCount} events of ${userId}`,
      () => test.profileOf(userId),
      (found) => found?.eventCount === eventCount,
    );

  it('asks for its settings, then sends each call to the collector and nowhere else', async () => {
    const requests = await open();
    await page.evaluate(`analytics.identify('web-1', { firstName: 'Anna' })
      .then(() => analytics.track('Product Viewed', { product_id: 'mug-1', name: 'Mug', price: 9.5, currency: 'EUR' }))
      .then(() => analytics.page('Home'))`);
    const found = await knows('web-1', 3);
    expect(found?.recent[0]?.itemId).toBe('mug-1');
    const hosts = new Set(requests.map((request) => new URL(request.url()).origin));
    expect(hosts).toEqual(new Set([site.origin, test.cloud.connection.collector]));
    const paths = requests.map((request) => new URL(request.url()).pathname);
    expect(paths).toEqual(
      expect.arrayContaining([`/v1/projects/${writeKey}/settings`, '/v1/i', '/v1/t', '/v1/p']),
    );
  });

  it('sends batches where a page wants them', async () => {
    const requests = await open({ strategy: 'batching', config: { size: 3, timeout: 60_000 } });
    await page.evaluate(`analytics.identify('web-2');
      for (const n of [1, 2]) analytics.track('Product Viewed', { product_id: 'b-' + n, name: 'B', price: n, currency: 'EUR' });`);
    await knows('web-2', 3);
    const posted = requests.filter((request) => request.method() === 'POST');
    expect(posted.map((request) => new URL(request.url()).pathname)).toEqual(['/v1/b']);
  });

  it('sends again what was answered 503, once in effect', async () => {
    await open();
    const answers: number[] = [];
    page.on('response', (answer) => {
      if (answer.request().method() === 'POST') answers.push(answer.status());
    });
    failNextRequest(test);
    await page.evaluate(`void analytics.identify('web-3')`);
    await knows('web-3', 1);
    // The browser may hear of the second answer after the profile does.
    await eventually(
      'both answers',
      async () => answers,
      ([first, second]) => first === 503 && second === 200,
    );
    expect(answers).toHaveLength(2);
  });

  it('sends what is left when the page is left', async () => {
    const requests = await open({ strategy: 'batching', config: { size: 50, timeout: 600_000 } });
    await page.evaluate(`analytics.identify('web-4', { plan: 'gold' })
      .then(() => analytics.track('Signed Up', { plan: 'gold' }))`);
    expect(requests.filter((request) => request.method() === 'POST')).toEqual([]);
    await page.goto(`${site.origin}/next`);
    await knows('web-4', 2);
  });

  it('is refused on the page of an origin that the source does not allow', async () => {
    const other = await addSource(test, {
      sourceId: 'elsewhere',
      allowedOrigins: ['https://shop.example'],
    });
    await open();
    const status = await page.evaluate(
      `fetch(${JSON.stringify(`${test.cloud.connection.collector}/v1/t`)}, { method: 'POST', headers: { authorization: ${JSON.stringify(`Basic ${btoa(`${other}:`)}`)} }, body: JSON.stringify({ userId: 'web-5', event: 'Quiz' }) }).then((answer) => answer.status)`,
    );
    expect(status).toBe(403);
    expect(await test.profileOf('web-5')).toBeUndefined();
  });

  it('is not needed: a beacon carries the key in its body, an image in its data', async () => {
    await open();
    const { collector } = test.cloud.connection;
    const call = { writeKey, userId: 'web-6', event: 'Quiz Finished' };
    const isSent = await page.evaluate(
      `navigator.sendBeacon(${JSON.stringify(`${collector}/v1/t`)}, ${JSON.stringify(JSON.stringify(call))})`,
    );
    expect(isSent).toBe(true);
    const data = encodeURIComponent(btoa(JSON.stringify({ ...call, event: 'Page Printed' })));
    const width = await page.evaluate(
      `new Promise((resolve) => {
         const image = new Image();
         image.onload = () => resolve(image.naturalWidth);
         image.onerror = () => resolve('broken');
         image.src = ${JSON.stringify(`${collector}/v1/pixel.gif?data=${data}`)};
       })`,
    );
    expect(width).toBe(1);
    await knows('web-6', 2);
  });
});
