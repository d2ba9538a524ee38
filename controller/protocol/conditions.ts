/**
 * A condition that is over is shown for this long as over, with the time: a restart of a second would otherwise be seen by nobody.
 * Not beside the schemas: the console's pages carry no schema library.
 */
export const CLEARED_CONDITION_SHOWN_MS = 10 * 60_000;
