import { defineConfig } from 'vitest/config';

/** Real servers, ffmpeg and a browser: patience that only a hang can exhaust. */
const realParts = { testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 30_000 };

/** What a horn sounded is held against what was meant, to the tenth of a second: the simulated speakers must not want for a processor. */
const HEARD_EXACTLY = ['emergency-stalls', 'make-up', 'microphone', 'on-air', 'own-work', 'wake-up'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/unit/**/*.test.tsx', 'test/architecture/**/*.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // These and the console's pages wait more than they compute: two at a time use the two cores.
        test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...realParts, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'console',
          include: ['test/e2e/console/**/*.test.ts'],
          ...realParts,
          testTimeout: 240_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        // Whole communes wait more than they compute, too.
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          exclude: HEARD_EXACTLY,
          ...realParts,
          testTimeout: 240_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e alone',
          include: HEARD_EXACTLY,
          ...realParts,
          testTimeout: 240_000,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
