import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/shared-folder.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Integration tests each start a local cloud with child processes; two workers fit two cores.
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'in memory',
          include: ['test/{unit,property,kernels,cdk}/**/*.test.ts'],
          // They leave nothing behind; loading the CDK and the kernels anew for each file took longer than the tests.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'engines', include: ['test/{contract,integration,browser}/**/*.test.ts'] },
      },
    ],
  },
});
