import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderDurably, syncFolder } from '../store/index.ts';
import { makeKeyFolder, readFileIfThere, writeFileAtomically } from '../tls/index.ts';
import { canonicalJson } from './audit-chain.ts';

/** Two of these, written in turn: one that was torn leaves the other. Written over, never longer, so that a full disk takes it. */
const SLOT_BYTES = 1024;
const KEY = /^[0-9a-f]{64}$/;

export interface SealedState {
  /** The newest entry of the trail that is known here. */
  hash: string;
  entries: number;
  /** Entries that were acknowledged and are, at this moment, only in memory: whoever finds this at a start has lost them. */
  unkept: number;
  /** Entries that were lost so. */
  lost: number;
  /** Of these, as many as somebody knows of. */
  knownLost?: number;
  /** The first time that the trail was not the one that was sealed; stays until somebody acknowledges it. */
  breach: { atMs: number; why: string; hash: string; entries: number } | null;
}

/** What a start finds. `none`: neither key nor seal, as in a new or an old installation. */
export type FoundSeal = { kind: 'sealed'; state: SealedState } | { kind: 'none' | 'no_key' | 'no_seal' };

/**
 * The head of the audit trail outside the database: `journal/audit-head`, with an HMAC whose key is in `tls/audit.key`. Whoever has only the
 * database can compute its hash chain anew, but not this.
 */
export interface SealFile {
  /** Makes the key when there is none. @throws when the disk gives neither */
  open(): Promise<FoundSeal>;
  write(state: SealedState): Promise<void>;
}

export function createSealFile(dataDir: string): SealFile {
  const keyFolder = join(dataDir, 'tls');
  const keyPath = join(keyFolder, 'audit.key');
  const folder = join(dataDir, 'journal');
  const path = join(folder, 'audit-head');
  let key: Buffer | undefined;
  let sequence = 0;
  let isKeyNew = false;

  const macOf = (text: string): string =>
    createHmac('sha256', key ?? '')
      .update(text)
      .digest('hex');

  function readSlot(text: string): { sequence: number; state: SealedState } | undefined {
    try {
      const { mac, ...content } = JSON.parse(text) as { sequence: number; state: SealedState; mac: string };
      const expected = Buffer.from(macOf(canonicalJson(content)));
      const given = Buffer.from(mac);
      return given.length === expected.length && timingSafeEqual(given, expected) ? content : undefined;
    } catch {
      return undefined;
    }
  }

  async function write(state: SealedState): Promise<void> {
    const content = { sequence: sequence + 1, state };
    const line = `${JSON.stringify({ ...content, mac: macOf(canonicalJson(content)) }).padEnd(SLOT_BYTES - 1)}\n`;
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const bytes = Buffer.from(line);
      // Both slots from the beginning: the second one must not need a block of a full disk.
      if ((await file.stat()).size < 2 * SLOT_BYTES) await file.write(Buffer.alloc(2 * SLOT_BYTES, ' '), 0, 2 * SLOT_BYTES, 0);
      await file.write(bytes, 0, bytes.length, (content.sequence % 2) * SLOT_BYTES);
      await file.datasync();
    } finally {
      await file.close();
    }
    sequence += 1;
  }

  const writeKey = (): Promise<void> => writeFileAtomically(keyPath, `${key?.toString('hex')}\n`, 0o400);

  return {
    async open() {
      await makeFolderDurably(folder, 0o700);
      await makeKeyFolder(keyFolder);
      const given = (await readFileIfThere(keyPath))?.trim();
      const text = await readFileIfThere(path);
      const isKeyGiven = given !== undefined && KEY.test(given);
      key = isKeyGiven ? Buffer.from(given, 'hex') : randomBytes(32);
      const slots = [0, 1].map((slot) => readSlot(text?.slice(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES) ?? ''));
      const [newest] = slots.filter((slot) => slot !== undefined).sort((a, b) => b.sequence - a.sequence);
      sequence = newest?.sequence ?? 0;
      isKeyNew = !isKeyGiven;
      if (isKeyNew) await writeKey();
      if (newest) return { kind: 'sealed', state: newest.state };
      if (isKeyGiven) return { kind: 'no_seal' };
      // A disk without room leaves an empty file of the first seal.
      return { kind: text === undefined || text.trim() === '' ? 'none' : 'no_key' };
    },
    async write(state) {
      const isFirst = sequence === 0;
      try {
        // It may have been taken back after a try before.
        if (isFirst && isKeyNew && (await readFileIfThere(keyPath)) === undefined) await writeKey();
        await write(state);
      } catch (error) {
        // A key that was made just now, without a seal, would look as if somebody had taken the seal away.
        if (isFirst && isKeyNew) await rm(keyPath, { force: true });
        throw error;
      }
      if (isFirst) await syncFolder(folder);
    },
  };
}
