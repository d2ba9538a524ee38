/** As PostgreSQL can hold it: no NUL in text (or in jsonb), and no half of a surrogate pair in jsonb. What can't be held is seen as U+FFFD. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** The same for every text in a value that goes into jsonb, keys included. */
export function storableValue<Value>(value: Value): Value {
  return clean(value) as Value;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storable(key), clean(member)]));
}

/** What `storable` would change: NUL, or half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Where in a value from outside a text is that the store can't hold; undefined: nowhere. */
export function unstorableAt(value: unknown, path: readonly PropertyKey[] = []): readonly PropertyKey[] | undefined {
  if (typeof value === 'string') return UNSTORABLE.test(value) ? path : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, member] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    const found = UNSTORABLE.test(key) ? [...path, storable(key)] : unstorableAt(member, [...path, step]);
    if (found) return found;
  }
  return undefined;
}
