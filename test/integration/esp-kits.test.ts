import { readFile } from 'node:fs/promises';
import nunjucks from 'nunjucks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANY_CUSTOMER, ANY_READER } from '../../core/blocks/signed-token.ts';
import { ampscriptOutput } from '../support/esp/ampscript.ts';
import { brazeLiquid } from '../support/esp/connected-content.ts';
import { customerioMail } from '../support/esp/customerio-step.ts';
import { iterableMessage, SendSkipped } from '../support/esp/iterable-feed.ts';
import {
  ADA_ADDRESS,
  FALLBACK,
  type KitState,
  type KitStates,
  putIn,
  snippets,
  startKitStates,
} from '../support/esp/kit-states.ts';
import { es3Problems, ssjsOutput } from '../support/esp/ssjs.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';

const NAMES = ['ok', 'thin', 'unknown customer', 'slow', '5xx', 'refused'] as const;
/** Ten and thirty seconds in the ESPs; nothing but an answer that never comes takes this long. */
const WAIT_MS_MAX = 1_500;
const PNG_START = '89504e470d0a1a0a';

let test: TestCloud;
let kits: KitStates;
beforeAll(async () => {
  test = await startTestCloud();
  kits = await startKitStates(test);
});
afterAll(async () => {
  kits?.stop();
  await test?.stop();
});

function stateNamed(name: KitState['name']): KitState {
  const state = kits.states.find((candidate) => candidate.name === name);
  if (state === undefined) throw new Error(`there is no state ${name}`);
  return state;
}

/** The items of the state, else the fallback; never both, and never a hole. */
function expectBlock(html: string, { block, origin }: KitState): void {
  expect(html).not.toMatch(/undefined|null|\[object|href=""|[{%]{2}/);
  if (block === undefined) {
    expect(html.match(/<a href=/g)).toHaveLength(1);
    expect(html).toContain(FALLBACK);
    expect(html).not.toContain(origin);
    return;
  }
  expect(html).toContain(block.holds);
  expect(html).not.toContain(FALLBACK);
  expect(html.match(/<br>|<tr>/g)).toHaveLength(block.items);
  expect(html).not.toContain('<i>');
}

describe('Braze’s kit', () => {
  const render = async (state: KitState, apiKey = test.cloud.connection.apiKey) => {
    const [snippet = ''] = await snippets('braze', 'liquid');
    const liquid = brazeLiquid({ credentials: { kindred: { user: apiKey, password: '' } } });
    const scope = { user_id: state.customer, campaign: { api_id: 'spring' } };
    return { html: await liquid.render(putIn(snippet, state), scope), liquid, snippet, scope };
  };

  it.each(NAMES)('shows a block, else its fallback: %s', async (name) => {
    const { html } = await render(stateNamed(name));
    expectBlock(html, stateNamed(name));
  });

  it('asks once for one customer in a message of several fields', async () => {
    const state = stateNamed('ok');
    const { liquid, snippet, scope } = await render(state);
    await liquid.render(putIn(snippet, state), scope);
    expect(liquid.asked).toHaveLength(1);
    expect(liquid.asked[0]).toContain('customer=ada&limit=3&campaign=spring');
  });

  it('shows its fallback to a wrong key', async () => {
    expect((await render(stateNamed('ok'), 'x'.repeat(40))).html).toContain(FALLBACK);
  });
});

describe('Customer.io’s kit', () => {
  it.each(NAMES)('shows a block, else its fallback: %s', async (name) => {
    const state = stateNamed(name);
    const [address = '', value = ''] = await snippets('customerio', 'text');
    const [snippet = ''] = await snippets('customerio', 'liquid');
    const mail = await customerioMail(
      snippet,
      { id: state.customer },
      {
        address: putIn(address.trim(), state),
        headers: { 'x-api-key': test.cloud.connection.apiKey },
        attribute: { name: 'kindred_items', value },
        waitMsMax: WAIT_MS_MAX,
      },
    );
    expectBlock(mail, state);
  });
});

describe('Iterable’s kit', () => {
  const render = async (state: KitState) => {
    const [address = ''] = await snippets('iterable', 'text');
    const [snippet = ''] = await snippets('iterable', 'handlebars');
    return iterableMessage(
      snippet,
      { userId: encodeURIComponent(state.customer) },
      {
        url: putIn(address.trim(), state),
        alias: 'kindred',
        headers: { 'x-api-key': test.cloud.connection.apiKey },
        waitMsMax: WAIT_MS_MAX,
      },
    );
  };

  it.each(['ok', 'thin', 'unknown customer'] as const)('shows a block: %s', async (name) => {
    expectBlock(await render(stateNamed(name)), stateNamed(name));
  });

  it.each([
    ['slow', 'RetriesExhaustedError'],
    ['5xx', 'DataFeedError'],
    ['refused', 'RetriesExhaustedError'],
  ] as const)('is not sent when the API is %s, as its document says', async (name, reason) => {
    await expect(render(stateNamed(name))).rejects.toThrow(new SendSkipped(reason));
    expect(await readFile('docs/esp/iterable.md', 'utf8')).toContain(reason);
  });
});

describe('Marketing Cloud’s kit', () => {
  const token = ({ placement }: KitState) => kits.tokenFor(placement, ANY_CUSTOMER);

  it.each(NAMES)('shows a block by AMPscript, else its fallback: %s', async (name) => {
    const state = stateNamed(name);
    const [snippet = ''] = await snippets('salesforce-marketing-cloud', 'ampscript');
    // Nobody has this address but in the state where its customer is known.
    const source = putIn(snippet, state, await token(state));
    const emailaddr = name === 'ok' ? ` ${ADA_ADDRESS.toUpperCase()}` : `${name}@mail.example`;
    // The broken API knows its customers by their names.
    const asked = state.block === undefined ? withCustomer(source, state) : source;
    const { html, asked: urls } = await ampscriptOutput(asked, { emailaddr }, WAIT_MS_MAX);
    expectBlock(html, state);
    expect(urls).toHaveLength(1);
    expect(urls[0]).not.toContain('mail.example');
  });

  it.each(NAMES)('shows a block by JavaScript, else its fallback: %s', async (name) => {
    const state = stateNamed(name);
    const [snippet = ''] = await snippets('salesforce-marketing-cloud', 'html');
    const source = putIn(snippet, state, await token(state));
    const { html, asked } = await ssjsOutput(
      source,
      { _subscriberkey: state.customer },
      WAIT_MS_MAX,
    );
    expectBlock(html, state);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(`customer=${encodeURIComponent(state.customer)}`);
    expect(es3Problems(source)).toEqual([]);
  });
});

function withCustomer(source: string, { customer }: KitState): string {
  return source.replace('SHA256(LowerCase(Trim(emailaddr)))', `"${customer}"`);
}

describe('Klaviyo’s kit', () => {
  const django = new nunjucks.Environment(null, { autoescape: true });
  const render = async (state: KitState, person: object = { external_id: state.customer }) => {
    const [snippet = ''] = await snippets('klaviyo', 'html');
    const source = putIn(snippet, state, await kits.tokenFor(state.placement, ANY_READER));
    // A filter's argument stands behind a colon in Django; the filter is the same.
    const jinja = source.replaceAll(/\|default:('[^']*')/g, '|default($1, true)');
    return django.renderString(jinja, { person });
  };
  const addressesOf = (html: string) => {
    const [, link = '', image = ''] = /href="([^"]+)"><img src="([^"]+)"/.exec(html) ?? [];
    return { link, image };
  };

  it.each(['ok', 'thin', 'unknown customer'] as const)(
    'shows an image and leads on: %s',
    async (name) => {
      const { link, image } = addressesOf(await render(stateNamed(name)));
      const picture = await fetch(image);
      expect(picture.headers.get('content-type')).toBe('image/png');
      const bytes = Buffer.from(await picture.arrayBuffer());
      expect(bytes.subarray(0, 8).toString('hex')).toBe(PNG_START);
      expect(bytes.length).toBeGreaterThan(1_000);
      const led = await fetch(link, { redirect: 'manual' });
      // An item without an address has none to lead to, and says so.
      expect(led.status).toBe(name === 'thin' ? 403 : 302);
      if (name === 'ok') expect(led.headers.get('location')).toContain('shop.example/shoe');
    },
  );

  it.each(['slow', '5xx', 'refused'] as const)(
    'has its place and its text in the mail when the API is %s',
    async (name) => {
      const html = await render(stateNamed(name));
      expect(html).toContain('width="280" height="360" alt="Picked for you"');
      expect(addressesOf(html).image).toContain(stateNamed(name).origin);
    },
  );

  it('asks for nobody where a profile has no external id', async () => {
    const html = await render(stateNamed('unknown customer'), {});
    const { image } = addressesOf(html);
    expect(new URL(image).searchParams.get('customer')).toBe('');
    expect((await fetch(image)).headers.get('content-type')).toBe('image/png');
  });
});
