import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeFolders } from './import-rules.ts';
import { sourceFiles } from './imports-of.ts';
import { complaintsOf, readable } from './style-rules.ts';

const repository = join(import.meta.dirname, '../..');

describe('the style', () => {
  it('holds in the repository', async () => {
    const files = await sourceFiles(repository, codeFolders);
    expect(files.length).toBeGreaterThan(0);
    const complaints = await Promise.all(
      files.map(async (path) => complaintsOf(path, await readFile(join(repository, path), 'utf8'))),
    );
    const found = complaints.flat();
    if (found.length > 0) throw new Error(`\n${found.map(readable).join('\n')}`);
  });
});

const lines = (count: number, line = '  work();') => Array.from({ length: count }, () => line);
const cast = ['as', 'any'].join(' ');
const doubleCast = ['as', 'unknown', 'as'].join(' ');

describe('a breach is found, by its line', () => {
  it.each<[what: string, path: string, source: string[], line: number]>([
    ['a long file', 'core/events/a.ts', lines(401), 401],
    ['a file without an owner', 'core/events/string-utils.ts', ['export const a = 1;'], 1],
    ['a folder without an owner', 'lambdas/common/a.ts', ['export const a = 1;'], 1],
    ['a long function', 'cli/a.ts', ['', 'export function a() {', ...lines(69), '}'], 2],
    [
      'a long function with a long head',
      'cli/a.ts',
      ['function a({', '  b,', '}: Options): void {', ...lines(68), '}'],
      1,
    ],
    [
      'a long method',
      'cli/a.ts',
      ['class A {', '  async #b(c: C): Promise<D> {', ...lines(69, '    work();'), '  }', '}'],
      2,
    ],
    ['a long arrow', 'cli/a.ts', ['const a = async () => {', ...lines(69), '};'], 1],
    ['a reminder in a comment', 'cli/a.ts', ['', `// ${'TO'}DO later`], 2],
    ['a cast to anything', 'test/unit/a.ts', [`const a = b ${cast};`], 1],
    ['a cast by way of unknown', 'test/unit/a.ts', [`const a = b ${doubleCast} C;`], 1],
    ['a silenced type error', 'cli/a.ts', [`// @ts-${'ignore'}`], 1],
    ['the clock in core', 'core/events/a.ts', ['const a = Date.now();'], 1],
    ['the clock in core, as a date', 'core/events/a.ts', ['const a = new Date();'], 1],
    ['chance in core', 'core/events/a.ts', ['const a = Math.random();'], 1],
    ['the environment in core', 'core/events/a.ts', ['const a = process.env.A;'], 1],
    [
      'a file read in core',
      'core/events/a.ts',
      ["import { readFile } from 'node:fs/promises';"],
      1,
    ],
    ['a wait in core', 'core/events/a.ts', ['setTimeout(a, 1);'], 1],
    ['this machine in an adapter', 'adapters/s3/a.ts', ["const a = 'http://127.0.0.1';"], 1],
    ['this machine in the app', 'cdk/a.ts', ["const a = 'localhost';"], 1],
  ])('%s', (_, path, source, line) => {
    const complaints = complaintsOf(path, source.join('\n'));
    expect(complaints.map((complaint) => complaint.line)).toEqual([line]);
    expect(readable(complaints[0]!)).toMatch(new RegExp(`^${path}:${line}: .+\\.$`));
  });

  it.each<[what: string, path: string, source: string[]]>([
    [
      'a function of a screen',
      'cli/a.ts',
      ['export function a() {', ...lines(68), '}', ...lines(68)],
    ],
    ['a long call', 'cli/a.ts', ['  call(', ...lines(80, '    argument,'), '  );', '}']],
    ['a long suite', 'test/unit/a.test.ts', ["describe('a', () => {", ...lines(80), '});']],
    ['a date of a given time in core', 'core/events/a.ts', ['const a = new Date(nowMs);']],
    [
      'a comment about the clock',
      'core/events/a.ts',
      ['// Date.now() would be impure', ' * Math.random'],
    ],
    ['the clock in a handler', 'lambdas/api/a.ts', ['const a = Date.now();']],
    ['this machine in the local cloud', 'local/a.ts', ["const a = '127.0.0.1';"]],
    ['a currency that is none', 'core/profile/a.ts', [`const a = '${'X'}XX';`]],
    ['a service’s own name', 'local/engines/secrets-manager.ts', ['export const a = 1;']],
    ['a commonplace name', 'core/events/uncommon-event.ts', ['export const a = 1;']],
  ])('but not in %s', (_, path, source) => {
    expect(complaintsOf(path, source.join('\n'))).toEqual([]);
  });
});
