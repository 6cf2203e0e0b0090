/**
 * Compiles `assembly/` to `build/kernels.wasm` with AssemblyScript, unless what lies there was made
 * of these very sources: `node kernels/compile.ts`. The sources are the truth, the binary is kept
 * nowhere else.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const sourceFolder = join(import.meta.dirname, 'assembly');
const compiler = join(import.meta.dirname, '..', 'node_modules', 'assemblyscript');
const buildFolder = join(import.meta.dirname, 'build');

/** Where the compiled kernels lie. */
export const binaryFile = join(buildFolder, 'kernels.wasm');
/** Holds the digest of what they were made of. */
const digestFile = join(buildFolder, 'kernels.sha256');

/**
 * One memory for all threads, shared and imported; it may grow to all that 32-bit addresses reach.
 * The stub runtime has no collector: the kernels keep nothing but what lies in that memory.
 */
const options = [
  ...['-O3', '--converge', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--noExportMemory', '--sharedMemory'],
  ...['--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'threads', '--enable', 'simd', '--enable', 'relaxed-simd'],
];

/** Makes `build/kernels.wasm` of the present sources; takes a few seconds, or nothing where it is. */
export function compileKernels(): void {
  const digest = digestOf(readFileSync(join(compiler, 'package.json')));
  if (existsSync(binaryFile) && existsSync(digestFile)) {
    if (readFileSync(digestFile, 'utf8') === digest) return;
  }
  mkdirSync(buildFolder, { recursive: true });
  // Several processes may find it missing at once: each makes its own and puts it there whole.
  const unfinished = join(buildFolder, `${process.pid}.wasm`);
  const entry = join(sourceFolder, 'index.ts');
  execFileSync(
    process.execPath,
    [join(compiler, 'bin', 'asc.js'), entry, '--outFile', unfinished, ...options],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  renameSync(unfinished, binaryFile);
  writeFileSync(`${unfinished}.sha256`, digest);
  renameSync(`${unfinished}.sha256`, digestFile);
}

function digestOf(compilerPackage: Uint8Array): string {
  const hash = createHash('sha256').update(compilerPackage).update(options.join(' '));
  for (const name of readdirSync(sourceFolder).sort()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(sourceFolder, name)));
  }
  return hash.digest('hex');
}

if (import.meta.main) compileKernels();
