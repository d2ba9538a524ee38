import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseClaimCode } from '../controller/protocol/enrolment.ts';
import type { FleetMember } from './fleet.ts';

/** A line of a claims file: the code alone, the code as a JSON string, or an object that also says where the speaker stands. */
const claimLine = z.union([z.string(), z.object({ claimCode: z.string(), hamletId: z.string().optional() })]);

/** Speakers from claim codes, one a line. Throws with the number of the first bad line; the code itself is a secret and is not repeated. */
export function membersFromClaims(text: string): FleetMember[] {
  const members: FleetMember[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    let value: z.infer<typeof claimLine>;
    try {
      value = line.startsWith('{') || line.startsWith('"') ? claimLine.parse(JSON.parse(line)) : line;
    } catch {
      throw new Error(`line ${index + 1} of the claims is neither a claim code nor JSON with a claimCode`);
    }
    const claim = parseClaimCode(typeof value === 'string' ? value : value.claimCode);
    if (!claim) throw new Error(`line ${index + 1} of the claims holds no claim code (loaxa:1:host:port:serial:claim:fingerprint)`);
    members.push({ speakerId: claim.speakerId, hamletId: (typeof value === 'string' ? undefined : value.hamletId) ?? '', claim });
  }
  return members;
}

/** Speakers that were enrolled in an earlier run. */
export function membersFromIdentities(directory: string): FleetMember[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => existsSync(join(directory, name, 'identity.json')))
    .sort()
    .map((speakerId) => ({ speakerId, hamletId: '' }));
}

/** Where a speaker stands, kept beside the identities: a second start has no claims file. */
export function rememberedHamlets(directory: string): Map<string, string> {
  const file = join(directory, 'hamlets.json');
  if (!existsSync(file)) return new Map();
  return new Map(Object.entries(z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, 'utf8')))));
}

/** Both sources, each speaker once, at most `limit`; those without a hamlet are dealt out over `hamlets` in blocks. */
export function assembleMembers(
  sources: { claims: readonly FleetMember[]; enrolled: readonly FleetMember[]; hamletOf: ReadonlyMap<string, string> },
  limit: number,
  hamlets: number,
): FleetMember[] {
  const byId = new Map<string, FleetMember>();
  for (const member of [...sources.enrolled, ...sources.claims]) byId.set(member.speakerId, { ...byId.get(member.speakerId), ...member });
  const chosen = [...byId.values()].slice(0, limit);
  const perHamlet = Math.max(1, Math.ceil(chosen.length / Math.max(1, hamlets)));
  return chosen.map((member, index) => ({
    ...member,
    hamletId:
      member.hamletId || sources.hamletOf.get(member.speakerId) || `ap-${String(Math.floor(index / perHamlet) + 1).padStart(2, '0')}`,
  }));
}
