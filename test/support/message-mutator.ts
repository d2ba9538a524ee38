import { seededRandom } from './signals.ts';

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  -0.5,
  2 ** 53,
  '',
  'x'.repeat(5000),
  '\u0000\ud800',
  [],
  {},
  [[[[[]]]]],
  { __proto__: null, constructor: { prototype: { polluted: true } } },
  '2026-01-01',
  Number.MAX_SAFE_INTEGER,
];

/** What logs, terminals and databases trip over. */
export const HOSTILE_TEXT = ['\u0000', '\ud800', '\udc00', '\u001b[2J', '\r\n', '\u0085'] as const;

/**
 * Spoils valid messages in the ways in which devices, networks and attackers do: values swapped, fields gone, added or repeated, text cut,
 * bytes flipped, structure nested. Deterministic by seed.
 */
export function createMessageMutator(seed: number): (message: Record<string, unknown>) => Buffer {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;

  const strange = (): unknown => structuredClone(pick(STRANGE));

  function places(value: unknown, into: { holder: Record<string, unknown>; key: string }[]): void {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      into.push({ holder: value as Record<string, unknown>, key });
      places((value as Record<string, unknown>)[key], into);
    }
  }

  function spoilStructure(message: Record<string, unknown>): void {
    const all: { holder: Record<string, unknown>; key: string }[] = [];
    places(message, all);
    const { holder, key } = pick(all);
    switch (below(6)) {
      case 0:
        delete holder[key];
        return;
      case 1:
        holder[key] = strange();
        return;
      case 2:
        holder[`${key}${below(10)}`] = strange();
        return;
      case 3:
        holder[key] = { [key]: holder[key] };
        return;
      case 4: {
        const other = pick(all);
        holder[key] = other.holder === holder ? other.key : strange();
        return;
      }
      default: {
        const value = holder[key];
        if (typeof value === 'number') holder[key] = value * (random() < 0.5 ? -1 : 1e12 * random());
        else if (typeof value === 'string') holder[key] = random() < 0.5 ? [...value].reverse().join('') : `${value}${pick(HOSTILE_TEXT)}`;
        else holder[key] = JSON.stringify(value) ?? '';
      }
    }
  }

  function spoilBytes(bytes: Buffer): Buffer {
    switch (below(5)) {
      case 0:
        return bytes.subarray(0, below(bytes.length));
      case 1: {
        const flipped = Buffer.from(bytes);
        for (let count = 1 + below(4); count > 0; count--) flipped[below(flipped.length)] = below(256);
        return flipped;
      }
      case 2:
        return Buffer.concat([bytes, bytes.subarray(below(bytes.length))]);
      case 3: {
        const at = below(bytes.length);
        return Buffer.concat([bytes.subarray(0, at), Buffer.from('['.repeat(1 + below(3000))), bytes.subarray(at)]);
      }
      default:
        return Buffer.from(Array.from({ length: below(200) }, () => below(256)));
    }
  }

  return (message) => {
    const copy = structuredClone(message);
    for (let count = below(4); count > 0; count--) if (Object.keys(copy).length > 0) spoilStructure(copy);
    const bytes = Buffer.from(JSON.stringify(copy), 'utf8');
    return random() < 0.35 && bytes.length > 0 ? spoilBytes(bytes) : bytes;
  };
}
