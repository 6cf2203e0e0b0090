import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { writeConnection } from '../../cli/connection.ts';
import { emailSha256 } from '../../core/identity/identity-key.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { operatorsRequest } from '../support/operators-request.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

let test: TestCloud;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-serving-guides-'));
  test = await startTestCloud();
  await writeConnection(test.cloud.connection, join(folder, '.kindred', 'connection.json'));
  await cp('examples', join(folder, 'examples'), { recursive: true });
});
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The commands of a guide, in fences and within its lines, in their order. */
async function commandsOf(guide: string): Promise<string[]> {
  const text = await readFile(`docs/${guide}.md`, 'utf8');
  return [...text.matchAll(/^\s*(npx kindred .+)$|`(npx kindred [^`]+)`/gmu)].map(
    ([, line, inline]) => (line ?? inline ?? '').trim(),
  );
}

/** The paths of the operators' API that a guide tells somebody to ask. */
async function requestsOf(guide: string, method: 'GET' | 'PUT'): Promise<string[]> {
  const text = await readFile(`docs/${guide}.md`, 'utf8');
  return [...text.matchAll(/`(GET|PUT) (\/v1\/[^`\s]+)/gu)].flatMap(([, name, path = '']) =>
    name === method ? [path] : [],
  );
}

const run = (line: string) => kindredShell(line, folder);
const versioned = z.looseObject({ version: z.number() });
const htmlOf = async (path: string) => (await test.fetchBlock(path)).text();

describe('the guide to templates', () => {
  const guide = 'how-to/change-a-template';

  it('begins with the bundled one, puts one of one’s own, and shows it', async () => {
    const [bundled = ''] = await requestsOf(guide, 'GET');
    expect(await operatorsRequest(test, 'GET', bundled)).toMatchObject({
      status: 200,
      body: { templateId: 'product-grid', liquid: expect.stringContaining('<table') },
    });
    const text = await readFile(`docs/${guide}.md`, 'utf8');
    const [, json = ''] = /```json\n([\s\S]*?)```/u.exec(text) ?? [];
    await writeFile(join(folder, 'shop.json'), json);
    const commands = await commandsOf(guide);
    expect(commands).toHaveLength(1);
    for (const command of commands) expect(await run(command)).toContain('shop');
    const [path = ''] = await requestsOf(guide, 'PUT');
    const { version, liquid } = z
      .object({ version: z.number(), liquid: z.string() })
      .parse(JSON.parse(json));
    const next = { version: version + 1, liquid: liquid.replace('<table', '<table width="99%"') };
    expect((await operatorsRequest(test, 'PUT', path, next)).status).toBe(200);

    const placement = versioned.parse(
      (await operatorsRequest(test, 'GET', '/v1/placements/popular')).body,
    );
    const [, named = ''] = /`("template": "shop")`/u.exec(text) ?? [];
    const edited = { ...placement, ...JSON.parse(`{${named}}`) };
    expect((await operatorsRequest(test, 'PUT', '/v1/placements/popular', edited)).status).toBe(
      200,
    );
    await eventually(
      'the block by the new template',
      () => htmlOf('/v1/blocks/popular.html'),
      (html) => html.startsWith('<table width="99%"'),
    );
  });
});

describe('the guide to placements', () => {
  it('reads, edits and writes, and refuses whoever was slower', async () => {
    const guide = 'how-to/edit-placements';
    const [read = ''] = await requestsOf(guide, 'GET');
    const [write = ''] = await requestsOf(guide, 'PUT');
    expect(write).toBe(read);
    const document = versioned.parse((await operatorsRequest(test, 'GET', read)).body);
    const edited = { ...document, heading: 'Made for you' };
    expect(await operatorsRequest(test, 'PUT', write, edited)).toMatchObject({
      status: 200,
      body: { heading: 'Made for you', version: document.version + 1 },
    });
    expect((await operatorsRequest(test, 'PUT', write, edited)).status).toBe(409);
    const wrong = { ...edited, version: document.version + 1, heading: '', colour: 1 };
    expect(await operatorsRequest(test, 'PUT', write, wrong)).toMatchObject({
      status: 400,
      body: { issues: expect.arrayContaining([expect.objectContaining({ path: 'heading' })]) },
    });
    expect(await operatorsRequest(test, 'GET', '/v1/placements')).toMatchObject({
      body: { malformed: [] },
    });
    await eventually(
      'the block with the new heading',
      () => htmlOf('/v1/blocks/for-you.html'),
      (html) => html.includes('Made for you'),
    );
  });
});

describe('the guide to experiments', () => {
  it('puts a draft, lists it, and sets it running', async () => {
    const guide = 'how-to/run-an-experiment';
    const commands = await commandsOf(guide);
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(await run(command)).toContain('2026-11-hero');
    const [path = ''] = await requestsOf(guide, 'PUT');
    const text = await readFile('examples/experiments/2026-11-hero.json', 'utf8');
    const draft = versioned.parse(JSON.parse(text));
    const running = { ...draft, status: 'running', version: draft.version + 1 };
    expect((await operatorsRequest(test, 'PUT', path, running)).status).toBe(200);
    const reseeded = { ...running, version: draft.version + 2, seed: 'other' };
    expect((await operatorsRequest(test, 'PUT', path, reseeded)).status).toBe(409);
  });
});

describe('the guide to keys of customers', () => {
  it('puts a source that names an ESP, and prints that ESP’s key', async () => {
    await writeFile(
      join(folder, 'web-shop.json'),
      JSON.stringify({ sourceId: 'web-shop', espKeys: ['braze'] }),
    );
    const [put = '', key = '', ...others] = await commandsOf('how-to/identity-keys');
    expect(others).toEqual([]);
    expect(await run(put)).toContain('web-shop');
    expect(await run(key)).toMatch(/^[\w-]{32,}\n$/);
  });
});

describe('kindred token', () => {
  const statusOf = async (path: string, token: string, customer = 'ada') => {
    const query = new URLSearchParams({ token, customer, campaign: 'spring' });
    const url = `${test.cloud.connection.api}/v1/${path}?${query}`;
    return (await fetch(url, { redirect: 'manual' })).status;
  };
  const tokenOf = async (line: string) => {
    const printed = await run(line);
    expect(printed).toMatch(/^[\w.~-]+\n$/);
    return printed.trim();
  };

  it('for a mail opens its placement’s images and links, and nothing that could be guessed', async () => {
    const [line = ''] = await commandsOf('esp/klaviyo');
    const token = await tokenOf(line);
    expect(await statusOf('blocks/for-you/1.png', token)).toBe(200);
    expect(await statusOf('blocks/for-you/1/link', token)).toBe(302);
    expect(await statusOf('recommendations/for-you', token)).toBe(403);
    expect(await statusOf('blocks/for-you.html', token)).toBe(403);
    expect(await statusOf('blocks/popular/1.png', token)).toBe(403);
    const guessable = emailSha256('ada@mail.example');
    expect(await statusOf('blocks/for-you/1.png', token, guessable)).toBe(403);
  });

  it('for a server opens whatever its placement answers to whomever', async () => {
    const [line = ''] = await commandsOf('esp/salesforce-marketing-cloud');
    const token = await tokenOf(line);
    expect(await statusOf('recommendations/for-you', token)).toBe(200);
    expect(await statusOf('recommendations/for-you', token, emailSha256('a@b.example'))).toBe(200);
    expect(await statusOf('blocks/for-you.html', token)).toBe(200);
    expect(await statusOf('recommendations/popular', token)).toBe(403);
  });

  it('for one customer opens nobody else’s', async () => {
    const token = await tokenOf('npx kindred token for-you --customer ada --days 2');
    expect(await statusOf('recommendations/for-you', token)).toBe(200);
    expect(await statusOf('recommendations/for-you', token, 'bob')).toBe(403);
  });

  it.each([
    ['for-you --server --customer ada', 'for a server or for one customer'],
    ['For_You', 'no id of a placement'],
    ['for-you --days 0', 'whole number from 1 to 730'],
    ['for-you --days 1.5', 'whole number from 1 to 730'],
    ['for-you --connection nowhere.json', 'No connection file at nowhere.json'],
  ])('refuses %s', async (words, said) => {
    await expect(run(`npx kindred token ${words}`)).rejects.toThrow(said);
  });

  it('leads to what it says in its help', async () => {
    const help = await run('npx kindred token --help');
    const examples = [...help.matchAll(/^ {2}kindred (token [^ ]+(?: --\w+(?: \d+)?)?)/gmu)];
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const [, words = ''] of examples) await tokenOf(`npx kindred ${words}`);
  });
});
