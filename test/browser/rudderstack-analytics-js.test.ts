import { readFile } from 'node:fs/promises';
import type { Browser, HTTPRequest, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestCloud, type TestCloud } from '../integration/cloud.ts';
import { addSource, failNextRequest } from '../support/sdk-source.ts';
import { launchChromium, missingChromium, type Site, serveSite } from './chromium.ts';

/** The package's own bundle for pages, plugins included. */
const BUNDLE = 'node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js';

describe.skipIf(missingChromium())('an unmodified SDK of RudderStack on a page', () => {
  let test: TestCloud;
  let site: Site;
  let browser: Browser;
  let writeKey: string;
  let page: Page;
  beforeAll(async () => {
    const script = { type: 'text/javascript', body: await readFile(BUNDLE) };
    const html = {
      type: 'text/html',
      body: '<!doctype html><title>Shop</title><script src="/rudder.js"></script>',
    };
    site = await serveSite({ '/': html, '/next': html, '/rudder.js': script });
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

  async function open(options: object): Promise<HTTPRequest[]> {
    page = await browser.newPage();
    const requests: HTTPRequest[] = [];
    page.on('request', (request) => requests.push(request));
    await page.goto(site.origin);
    const { collector } = test.cloud.connection;
    const settings = JSON.stringify({ configUrl: `${collector}/v1/sourceConfig`, ...options });
    await page.evaluate(
      `window.rudder = new rudderanalytics.RudderAnalytics();
       rudder.load(${JSON.stringify(writeKey)}, ${JSON.stringify(collector)}, ${settings});
       new Promise((resolve) => rudder.ready(resolve));`,
    );
    return requests;
  }

  const knows = (userId: string, eventCount: number) =>
    eventually(
      `${eventCount} events of ${userId}`,
      () => test.profileOf(userId),
      (found) => found?.eventCount === eventCount,
    );
  const posted = (requests: readonly HTTPRequest[]) =>
    requests.filter((request) => request.method() === 'POST');

  it('loads its configuration, and sends to the collector and nowhere else', async () => {
    const requests = await open({});
    await page.evaluate(`rudder.identify('rudder-1', { firstName: 'Anna' });
      rudder.track('Product Viewed', { product_id: 'mug-1', name: 'Mug', price: 9.5, currency: 'EUR' });`);
    const found = await knows('rudder-1', 2);
    expect(found?.recent[0]?.itemId).toBe('mug-1');
    const paths = posted(requests).map((request) => new URL(request.url()).pathname);
    expect(new Set(paths)).toEqual(new Set(['/v1/identify', '/v1/track']));
    const hosts = new Set(requests.map((request) => new URL(request.url()).origin));
    expect(hosts).toEqual(new Set([site.origin, test.cloud.connection.collector]));
  });

  it('sends beacons, whose key stands in the query, to the stage of their own', async () => {
    const requests = await open({ useBeacon: true, beaconQueueOptions: { maxItems: 2 } });
    await page.evaluate(`rudder.identify('rudder-2');
      rudder.track('Product Viewed', { product_id: 'mug-2', name: 'Mug', price: 9.5, currency: 'EUR' });`);
    const found = await knows('rudder-2', 2);
    expect(found?.recent[0]?.itemId).toBe('mug-2');
    const [beacon] = posted(requests);
    expect(new URL(beacon?.url() ?? '').pathname).toBe('/beacon/v1/batch');
    expect(beacon?.headers()['content-type']).toContain('text/plain');
    expect(beacon?.headers().authorization).toBeUndefined();
  });

  it('sends what is left as a beacon when the page is left', async () => {
    const requests = await open({ useBeacon: true });
    await page.evaluate(`rudder.identify('rudder-3'); rudder.track('Signed Up');`);
    expect(posted(requests)).toEqual([]);
    await page.goto(`${site.origin}/next`);
    await knows('rudder-3', 2);
  });

  it('sends again what was answered 503', async () => {
    await open({});
    const answers: number[] = [];
    page.on('response', (answer) => {
      if (answer.request().method() === 'POST') answers.push(answer.status());
    });
    failNextRequest(test);
    await page.evaluate(`rudder.identify('rudder-4')`);
    await knows('rudder-4', 1);
    // The browser may hear of the second answer after the profile does.
    await eventually(
      'both answers',
      async () => answers,
      ([first, second]) => first === 503 && second === 200,
    );
    expect(answers).toHaveLength(2);
  });
});
