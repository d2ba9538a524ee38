/** The called path without its query: that may hold what a person searched for. */
export function pathOf({ url }: { url: string }): string {
  return url.split('?', 1)[0] ?? '';
}
