import { type AuditTrail, type ChainedEntry, entryBy } from './accounts/index.ts';
import { type AiredCopyChange, writeAiredCopies } from './air/index.ts';
import { putBackChange } from './broadcasts/index.ts';
import type { Clock } from './clock.ts';
import { type FaultChange, writeFaults } from './faults/index.ts';
import {
  type Sighting,
  type SpeakerTransition,
  type StorableReceipt,
  writeReceipts,
  writeSightings,
  writeTransitions,
} from './speakers/index.ts';
import { failureOf, type Kept, type KeptQuarantine, refusalText, type Store } from './store/index.ts';

interface Deps {
  store: Store;
  quarantine: KeptQuarantine;
  audit: Pick<AuditTrail, 'putBack' | 'record'>;
  clock: Clock;
}

/** Which of them: 'all' or their ids. */
export type Chosen = readonly string[] | 'all';

/** One entry in short: no text from outside but what names it. */
export interface RefusedEntry extends Omit<Kept, 'value'> {
  about: string;
}

export interface PutBack extends RefusedEntry {
  /** `refused`: the store says the same again, or something else against it; it stays. `away`: it can't be asked now. */
  outcome: 'stored' | 'refused' | 'away';
  why?: string;
}

/** Looks after what the store refused for good: whoever mended the cause has it stored, and what nobody needs is dropped, with an entry in the audit trail. */
export interface RefusedEntries {
  list(): Promise<RefusedEntry[]>;
  /** By what writes such entries at all times; each on its own, so that a bad one costs no other. Those that were stored are gone from the list. */
  putBack(chosen: Chosen, by: string): Promise<PutBack[]>;
  /** @throws what the audit trail throws; then nothing was dropped */
  drop(chosen: Chosen, why: string, by: string): Promise<RefusedEntry[]>;
}

const SHOWN_CHARS = 200;
/** What names a thing, in the order of how much it says. */
const NAMES = [
  'action',
  'target',
  'broadcastId',
  'kind',
  'faultId',
  'speakerId',
  'clusterId',
  'code',
  'entryId',
  'receiptId',
  'id',
  'path',
];

/** The way back of each outbox, by its name. */
function waysBack({ store, audit, clock }: Deps): Record<string, (value: unknown) => Promise<void>> {
  return {
    audit: (value) => audit.putBack(value as ChainedEntry),
    broadcast: (value) => putBackChange(store, value as Parameters<typeof putBackChange>[1], clock.nowMs()),
    receipts: (value) => writeReceipts(store, [value as StorableReceipt], clock.nowMs()),
    faults: (value) => writeFaults(store, [value as FaultChange]),
    'changes of speakers': (value) => writeTransitions(store, [value as SpeakerTransition]),
    'sightings of speakers': (value) => writeSightings(store, [value as Sighting]),
    'aired copies': (value) => writeAiredCopies(store, [value as AiredCopyChange]),
  };
}

export function createRefusedEntries(deps: Deps): RefusedEntries {
  const { quarantine, audit } = deps;
  const ways = waysBack(deps);

  async function choose(chosen: Chosen): Promise<Kept[]> {
    const kept = await quarantine.kept();
    return chosen === 'all' ? kept : kept.filter(({ id }) => chosen.includes(id));
  }

  const record = (action: string, { id, from, about, atMs, reason }: RefusedEntry, by: string, more = {}): Promise<void> =>
    audit.record({
      ...entryBy({ userId: null, displayName: by }),
      action,
      target: id,
      detail: { from, about, refusedAt: new Date(atMs).toISOString(), reason, ...more },
    });

  async function store(one: Kept): Promise<Pick<PutBack, 'outcome' | 'why'>> {
    const way = ways[one.from];
    if (one.isDamaged) return { outcome: 'refused', why: one.reason };
    if (!way) return { outcome: 'refused', why: `nothing here writes "${one.from}"` };
    try {
      await way(one.value);
      return { outcome: 'stored' };
    } catch (error) {
      const failure = failureOf(error);
      return { outcome: failure === 'away' || failure === 'full' ? 'away' : 'refused', why: refusalText(error) };
    }
  }

  return {
    list: async () => (await quarantine.kept()).map(shortly),
    async putBack(chosen, by) {
      const results: PutBack[] = [];
      for (const one of await choose(chosen)) {
        const short = shortly(one);
        const result = await store(one);
        results.push({ ...short, ...result });
        if (result.outcome === 'away') break;
        if (result.outcome === 'refused') continue;
        await record('refused.put_back', short, by);
        await quarantine.remove([one.id]);
      }
      return results;
    },
    async drop(chosen, why, by) {
      const dropped = (await choose(chosen)).map(shortly);
      for (const one of dropped) await record('refused.dropped', one, by, { why });
      await quarantine.remove(dropped.map(({ id }) => id));
      return dropped;
    },
  };
}

function shortly({ value, ...rest }: Kept): RefusedEntry {
  return { ...rest, about: aboutOf(value).join(' ').slice(0, SHOWN_CHARS) };
}

/** Names at the top of the entry, else one level below. */
function aboutOf(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return depth === 0 ? [value] : [];
  if (value === null || typeof value !== 'object' || depth > 1) return [];
  const members = value as Record<string, unknown>;
  const own = NAMES.flatMap((name) => (typeof members[name] === 'string' ? [`${name}=${members[name]}`] : []));
  return [...own, ...Object.values(members).flatMap((member) => aboutOf(member, depth + 1))];
}
