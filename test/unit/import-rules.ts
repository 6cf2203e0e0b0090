import type { Import } from './imports-of.ts';

/** The repository's folders of code, in the order of the architecture. */
export const codeFolders = [
  'core',
  'kernels',
  'adapters',
  'lambdas',
  'cdk',
  'local',
  'console',
  'cli',
  'examples',
  'bench',
  'test',
] as const;

/** `core/` in the order of the flow: a later folder may import an earlier one, never the reverse. */
const flow = [
  'events',
  'mapping',
  'webhooks',
  'identity',
  'profile',
  'catalogue',
  'quality',
  'privacy',
  'training',
  'ranking',
  'blocks',
  'experiments',
];

/** Which folders a folder's files may import besides their own. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: ['kernels'],
  kernels: [],
  adapters: ['core'],
  lambdas: ['adapters', 'core'],
  // Of the kernels it takes only their compiling: a bundle carries the result.
  cdk: ['core', 'kernels'],
  local: [],
  console: [],
  cli: ['core', 'adapters', 'cdk', 'local', 'examples'],
  examples: ['core'],
  bench: ['core', 'kernels', 'adapters', 'lambdas', 'cdk', 'local', 'cli', 'examples'],
  test: ['core', 'kernels', 'adapters', 'lambdas', 'cdk', 'local', 'console', 'cli', 'examples'],
};

/** Folders of `core/` that the numeric kernels are for. */
const kernelUsers = ['training', 'ranking'];

/** What pure code may take from outside: schemas, distributions, and of Node digests and compression. */
const corePackages = [
  'zod',
  'node:crypto',
  'node:zlib',
  '@stdlib/stats-base-dists-beta-cdf',
  '@stdlib/stats-base-dists-chisquare-cdf',
  '@stdlib/stats-base-dists-normal-cdf',
  '@stdlib/stats-base-dists-normal-quantile',
];

/** Says why an import breaks the architecture and what to do, or undefined where it doesn't. */
export function violationOf({ from, to, isPackage }: Import): string | undefined {
  const [folder = '', part = ''] = from.split('/');
  const where = `${from} imports ${to}: `;
  if (isPackage) {
    if (folder !== 'core' || corePackages.includes(to)) return undefined;
    return `${where}core takes values and gives values; of packages it may use ${corePackages.join(' and ')} only. Move the call to adapters or a handler and pass its result in.`;
  }
  const [toFolder = '', toPart = ''] = to.split('/');
  if (folder !== toFolder) return crossing(where, folder, part, toFolder);
  if (folder !== 'core' || part === toPart) return undefined;
  const [own, other] = [flow.indexOf(part), flow.indexOf(toPart)];
  if (own < 0 || other < 0) {
    return `${where}core has the folders ${flow.join(', ')}; a new word needs its place in this order.`;
  }
  if (other < own) return undefined;
  return `${where}imports in core run only down the flow ${flow.join(' ▸ ')}. Move what both need to ${part} or earlier.`;
}

function crossing(
  where: string,
  folder: string,
  part: string,
  toFolder: string,
): string | undefined {
  const allowed = mayImport[folder];
  if (allowed === undefined) return `${where}the architecture has no folder ${folder}.`;
  if (!allowed.includes(toFolder)) {
    const others = allowed.length === 0 ? 'no other folder' : allowed.join(', ');
    return `${where}${folder} may import ${others}.`;
  }
  if (folder === 'core' && !kernelUsers.includes(part)) {
    return `${where}only core/${kernelUsers.join(' and core/')} may use the kernels.`;
  }
  return undefined;
}
