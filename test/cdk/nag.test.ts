import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { environments } from '../../cdk/environments.ts';
import { appOf } from './synthesized.ts';

let folder: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-nag-'));
  printed = '';
  for (const method of ['error', 'log'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => {
      printed += `${words.join(' ')}\n`;
    });
  }
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = undefined;
});

describe('cdk-nag', () => {
  it('finds nothing in the app, and fails the synthesis of a violation by its rule', () => {
    const clean = appOf({ dev: environments.dev }, folder);
    expect(() => clean.synth()).not.toThrow();
    expect(printed).not.toContain('AwsSolutions');

    const violating = appOf({ dev: environments.dev }, folder);
    const stack = violating.node.findChild('KindredState-dev') as Stack;
    new Bucket(stack, 'Careless');
    expect(() => violating.synth()).toThrow(/KindredState-dev\/Careless[\s\S]*AwsSolutions-S10/);
  });
});
