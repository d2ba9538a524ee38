// Not beside the schemas: the console's pages carry no schema library.

/**
 * A condition that is over is shown for this long as over, with the time: a restart of a second would otherwise be seen by nobody.
 */
export const CLEARED_CONDITION_SHOWN_MS = 10 * 60_000;

/** What a condition is about: its code, and of several things of one kind which. The end of one is no end of another. */
export interface ConditionIdentity {
  code: string;
  /** A broadcast's id, a worker's number; absent: there is only one such thing. */
  subject?: string | undefined;
}

export function conditionKey({ code, subject }: ConditionIdentity): string {
  return subject === undefined ? code : `${code} ${subject}`;
}

/** Something that a person should know. The words belong to the state: what is, or what was. */
export interface Condition extends ConditionIdentity {
  vi: string;
  en: string;
  /** It is over since then, epoch ms; absent: it lasts. */
  clearedAtMs?: number | undefined;
  /** It is over without having been put right: nobody is told that all is well again. */
  lapsed?: boolean | undefined;
  /** Old news from then on, epoch ms; absent: it lasts until it is over. */
  untilMs?: number | undefined;
}
