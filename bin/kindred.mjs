#!/usr/bin/env node
// The command runs TypeScript directly, which needs Node 24. The dev dependency `node` brings that
// binary, so a machine with Node 20 can still call `npx kindred`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundled = join(root, 'node_modules', 'node', 'bin', 'node');
const major = Number(process.versions.node.split('.')[0]);
const binary = major >= 24 ? process.execPath : existsSync(bundled) ? bundled : undefined;

if (binary === undefined) {
  process.stderr.write(
    'kindred: needs Node.js 24, or `npm ci` in this folder to bring it along.\n',
  );
  process.exit(1);
}

const child = spawn(binary, [join(root, 'cli', 'kindred.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 130));
