import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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
});
export type Identity = z.infer<typeof identitySchema>;

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
    let text: string;
    try {
      text = readFileSync(join(this.#directory, id, 'identity.json'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return identitySchema.parse(JSON.parse(text));
  }

  save(identity: Identity): void {
    const file = join(this.folder(identity.speakerId), 'identity.json');
    writeFileSync(`${file}.new`, JSON.stringify(identity), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}
