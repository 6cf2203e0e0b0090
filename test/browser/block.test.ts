import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileTemplate } from '../../adapters/liquid/template-engine.ts';
import { renderHtml } from '../../core/blocks/render-html.ts';
import { templateSamples } from '../../core/blocks/template-samples.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { launchChromium, missingChromium } from './chromium.ts';

const render = compileTemplate(productGrid.liquid);

describe.skipIf(missingChromium())('the bundled template in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  const cases = templateSamples.flatMap((sample) =>
    (['light', 'dark'] as const).flatMap((scheme) =>
      [320, 600].map((width) => ({ sample, scheme, width, name: sample.name })),
    ),
  );

  it.each(cases)(
    'shows $name at $width px in the $scheme, within its width, asking the shop alone',
    async ({ sample, scheme, width }) => {
      const page = await browser.newPage();
      const asked: string[] = [];
      await page.setRequestInterception(true);
      page.on('request', (request) => {
        if (request.url().startsWith('http')) asked.push(request.url());
        void (request.url().startsWith('http') ? request.abort() : request.continue());
      });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.setViewport({ width, height: 800 });
      await page.setContent(renderHtml(sample.recommendation, sample.options, render));
      // As text: these are the page's own names, which this program doesn't have.
      const seen = await page.evaluate(`({
        overflowPx: document.documentElement.scrollWidth - window.innerWidth,
        direction: getComputedStyle(document.querySelector('table')).direction,
        background: getComputedStyle(document.body).backgroundColor,
        withoutAlt: [...document.images].filter(({ alt }) => alt === '').length,
        scripts: document.scripts.length,
      })`);
      const folder = process.env.SCREENSHOT_FOLDER;
      if (folder !== undefined) {
        await page.screenshot({
          path: `${folder}/${sample.name.replaceAll(' ', '-')}-${scheme}-${width}.png`,
        });
      }
      await page.close();
      expect(seen).toEqual({
        overflowPx: 0,
        direction: sample.options.locale.startsWith('ar') ? 'rtl' : 'ltr',
        background: scheme === 'dark' ? 'rgb(22, 24, 29)' : 'rgb(255, 255, 255)',
        withoutAlt: 0,
        scripts: 0,
      });
      for (const url of asked) expect(new URL(url).host).toBe('shop.example');
    },
  );
});
