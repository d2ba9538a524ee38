/** Something that set-up can't do by itself. Says what is wrong and exactly what to do; shown without a stack trace. */
export class SetupProblem extends Error {
  /**
   * @param {{ vi: string, en: string }} words
   * @param {{ command?: string, details?: string[] }} [more] `command`: what to type; `details`: the failed program's last lines
   */
  constructor(words, more = {}) {
    super(words.en);
    this.words = words;
    this.command = more.command;
    this.details = more.details ?? [];
  }
}
