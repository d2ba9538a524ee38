const LONGEST_LINE_CHARACTERS = 500;

/** The last lines of a stream of text, for an error message; memory is bounded whatever the program prints. */
export class LastLines {
  readonly #limit: number;
  #lines: string[] = [];
  #unfinished = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a chunk and returns the lines it completed. */
  add(chunk: string): string[] {
    const parts = (this.#unfinished + chunk).split('\n');
    this.#unfinished = (parts.pop() ?? '').slice(-LONGEST_LINE_CHARACTERS);
    const complete = parts.map((line) => line.trimEnd().slice(0, LONGEST_LINE_CHARACTERS)).filter((line) => line !== '');
    this.#lines = [...this.#lines, ...complete].slice(-this.#limit);
    return complete;
  }

  all(): string[] {
    const rest = this.#unfinished.trim();
    return rest === '' ? [...this.#lines] : [...this.#lines, rest].slice(-this.#limit);
  }

  clear(): void {
    this.#lines = [];
    this.#unfinished = '';
  }
}
