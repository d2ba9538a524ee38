import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { speakerId } from '../../controller/protocol/ids.ts';

/** What a device keeps for life: its key, its certificate, the authority it trusts, and where its controller is. */
const identitySchema = z.object({
  speakerId,
  keyPem: z.string(),
  certificatePem: z.string(),
  caPem: z.string(),
  controlUrl: z.url(),
  notAfterMs: z.number(),
  /** Of the claim that it came from: with another one the device enrols anew. */
  claimSha256: z.string().optional(),
});
export type Identity = z.infer<typeof identitySchema>;

/** An enrolment under way: key and request are the same until it has succeeded, so that an answer that got lost can be asked for again. */
const enrolmentSchema = z.object({ keyPem: z.string(), claimSha256: z.string(), body: z.string() });
export type PendingEnrolment = z.infer<typeof enrolmentSchema>;

export function hashOfClaim(claim: string): string {
  return createHash('sha256').update(claim).digest('hex');
}

/** One folder for each simulated device under the state directory. */
export class IdentityStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  folder(id: string): string {
    const folder = join(this.#directory, id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** undefined when the device was never enrolled here; throws on a damaged file, which a real device would report to its vendor. */
  load(id: string): Identity | undefined {
    return this.#read(id, 'identity.json', identitySchema);
  }

  /** The enrolment is over with it, and its claim erased. */
  save(identity: Identity): void {
    this.#write(identity.speakerId, 'identity.json', identity);
    this.forgetEnrolment(identity.speakerId);
  }

  loadEnrolment(id: string): PendingEnrolment | undefined {
    return this.#read(id, 'enrolment.json', enrolmentSchema);
  }

  saveEnrolment(id: string, pending: PendingEnrolment): void {
    this.#write(id, 'enrolment.json', pending);
  }

  forgetEnrolment(id: string): void {
    rmSync(join(this.#directory, id, 'enrolment.json'), { force: true });
  }

  #read<T>(id: string, name: string, schema: z.ZodType<T>): T | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.#directory, id, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return schema.parse(JSON.parse(text));
  }

  /** A power cut leaves the old file or the new one. */
  #write(id: string, name: string, content: unknown): void {
    const file = join(this.folder(id), name);
    writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}
