/** Keeps the first thing that happened for whoever listens, also for one who begins to listen afterwards. */
export interface FirstNews<News> {
  /** What happened; undefined: nothing yet. */
  readonly news: News | undefined;
  /** Later ones are not told: the first is what went wrong, the others follow from it. */
  tell(news: News): void;
  /** One listener at a time. Called at once when it has happened already. */
  listen(listener: (news: News) => void): void;
  /** What happens from now on is our own doing, and no news. */
  close(): void;
}

export function firstNews<News>(): FirstNews<News> {
  let news: News | undefined;
  let listener: ((news: News) => void) | undefined;
  let closed = false;
  return {
    get news() {
      return news;
    },
    tell(happened) {
      if (closed || news !== undefined) return;
      news = happened;
      listener?.(happened);
    },
    listen(next) {
      listener = next;
      if (!closed && news !== undefined) next(news);
    },
    close() {
      closed = true;
    },
  };
}
