import { z } from 'zod';

export const MANIFEST = 'manifest.json';

const part = z.object({
  /** Below the folder of its part, with forward slashes, nothing that leads out of it. */
  path: z
    .string()
    .min(1)
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'a path inside the backup'),
  sizeBytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Permissions, as in chmod. */
  mode: z.int().min(0).max(0o777),
});
export type Part = z.infer<typeof part>;

/** What a backup holds, with the hash of each piece. The keys' list is in the keys' own folder, and both name the same id. */
export const manifest = z.object({
  format: z.literal(1),
  backupId: z.uuid(),
  madeAtMs: z.number(),
  /** Of the controller that made it. */
  version: z.string(),
  migrations: z.array(z.string()),
  tables: z.array(part.extend({ table: z.string(), rows: z.int().min(0) })),
  files: z.array(part),
});
export type Manifest = z.infer<typeof manifest>;

export const keysManifest = z.object({ format: z.literal(1), backupId: z.uuid(), files: z.array(part) });
export type KeysManifest = z.infer<typeof keysManifest>;
