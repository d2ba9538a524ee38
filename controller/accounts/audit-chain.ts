import { createHash } from 'node:crypto';
import { storable } from '../store/index.ts';
import type { AuditEntry } from './audit.ts';

/** What the first entry follows. */
export const CHAIN_START = '0'.repeat(64);

const LONGEST_TEXT = 500;
const SECRET_NAMES = /password|passphrase|token|secret|claim|cookie|authorization|private_?key|speakerkey|controllerkey/i;

/** An entry exactly as it is stored and hashed. */
export interface ChainedEntry {
  /** Whole milliseconds, so that the store gives back the same instant. */
  atMs: number;
  actorId: string | null;
  actorName: string;
  action: string;
  target: string;
  ip: string | null;
  detail: Record<string, unknown>;
}

/** The stored form: text that PostgreSQL gives back unchanged, bounded, with anything that looks like a secret blotted out. */
export function toChained(entry: AuditEntry, nowMs: number): ChainedEntry {
  return {
    atMs: Math.floor(nowMs),
    actorId: entry.actorId,
    actorName: bounded(entry.actorName),
    action: bounded(entry.action),
    target: bounded(entry.target),
    ip: entry.ip === null ? null : bounded(entry.ip),
    detail: storableJson(entry.detail ?? {}) as Record<string, unknown>,
  };
}

/** SHA-256 (hex) over the hash of the entry before and this entry in canonical JSON. */
export function chainHash(previousHash: string, entry: ChainedEntry): string {
  return createHash('sha256')
    .update(previousHash + canonicalJson(entry))
    .digest('hex');
}

/** JSON with the keys of every object in code-unit order, so that the same value has one text (as RFC 8785). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function bounded(text: string): string {
  const whole = storable(text);
  return whole.length > LONGEST_TEXT ? `${whole.slice(0, LONGEST_TEXT).toWellFormed()}…` : whole;
}

function storableJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return bounded(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return null;
  if (depth >= 8) return '…';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, 200).map((item) => storableJson(item, depth + 1));
  const members = Object.entries(value).slice(0, 200);
  return Object.fromEntries(
    members.map(([key, member]) => [bounded(key), SECRET_NAMES.test(key) ? '[secret]' : storableJson(member, depth + 1)]),
  );
}
