import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/shared-folder.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Integration tests each start a local cloud with child processes; two workers fit two cores.
    maxWorkers: 2,
    reporters: ['default'],
  },
});
