import { registerHooks } from 'node:module';

const DRIZZLE = /^drizzle-orm($|\/)/;

/**
 * Drizzle comes as CommonJS. For each of an ES module's own imports Node reads the exports of its package again, and Drizzle's 150 files lie under a package.json of 180 kB:
 * half a second of processor time at every start, while the loudspeakers wait. Works for what is imported after this module.
 */
registerHooks?.({
  resolve: (specifier, context, next) =>
    next(specifier, DRIZZLE.test(specifier) ? { ...context, conditions: ['node', 'require'] } : context),
});
