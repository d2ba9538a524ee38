/** A station's address without what is secret in it: name, password and query (keys of paid stations). Pure. */
export function withoutSecrets(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return '(no URL)';
  }
}

/** The same content, with a station's address as everybody may read it. */
export function contentWithoutSecrets<Content extends { kind: string }>(content: Content): Content {
  const { url } = content as { url?: unknown };
  return content.kind === 'relay' && typeof url === 'string' ? { ...content, url: withoutSecrets(url) } : content;
}
