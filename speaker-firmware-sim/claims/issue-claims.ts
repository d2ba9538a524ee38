import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseClaimCode } from '../../controller/protocol/enrolment.ts';
import { cluster, hamlet } from '../../controller/protocol/inventory.ts';
import { claimResponse, speakerList } from '../../controller/protocol/speakers.ts';
import type { Clock } from '../clock.ts';
import type { FleetMember } from '../fleet.ts';
import { IdentityStore } from '../speaker/identity.ts';
import { CALLS_AT_A_TIME, ControllerApi, pinnedAuthority } from './controller-api.ts';
import { type PlacePlan, type Post, planPlaces } from './places.ts';

export interface ClaimsSource {
  url: URL;
  username: string;
  password: string;
  /** How the controller is known to be the right one. */
  authority: { file: string } | { sha256: string };
  /** May add hamlets and clusters: for a controller that is there for tests. */
  createPlaces: boolean;
}

export interface IssueOptions {
  source: ClaimsSource;
  speakers: number;
  hamlets: number;
  identityDirectory: string;
  clock: Clock;
  say(message: string): void;
}

/** Logs in to a controller, takes its free clusters for simulated speakers, and gets a claim code for each that is not enrolled yet. The codes stay in memory. */
export async function issueClaims(options: IssueOptions): Promise<FleetMember[]> {
  const { source, clock, say } = options;
  const caPem =
    'file' in source.authority
      ? readFileSync(source.authority.file, 'utf8')
      : await pinnedAuthority(source.url, source.authority.sha256, clock.nowMs());
  const caSha256 = sha256OfCertificate(caPem);
  const api = new ControllerApi({ url: source.url, caPem, clock });
  try {
    await api.logIn(source.username, source.password);
    const [{ hamlets }, { clusters }, { speakers }] = await Promise.all([
      api.call('GET', '/api/hamlets', z.object({ hamlets: z.array(hamlet) })),
      api.call('GET', '/api/clusters', z.object({ clusters: z.array(cluster) })),
      api.call('GET', '/api/speakers', speakerList),
    ]);
    const identities = new IdentityStore(options.identityDirectory);
    const plan = planPlaces(
      { hamlets, clusters, speakers },
      {
        speakers: options.speakers,
        hamlets: options.hamlets,
        mayCreate: source.createPlaces,
        holdsIdentity(speakerId) {
          const identity = identities.load(speakerId);
          return identity !== undefined && sha256OfCertificate(identity.caPem) === caSha256;
        },
      },
    );
    await createPlaces(api, plan);
    const claimed = await claimAll(api, plan.toClaim, caSha256);
    say(wordsFor(plan, source));
    return [...plan.enrolled.map(({ speakerId, hamletId }) => ({ speakerId, hamletId })), ...claimed];
  } finally {
    await api.close();
  }
}

async function createPlaces(api: ControllerApi, plan: PlacePlan): Promise<void> {
  await eachOf(plan.newHamlets, (body) => api.call('POST', '/api/hamlets', hamlet, body));
  await eachOf(plan.newClusters, (body) => api.call('POST', '/api/clusters', cluster, body));
}

async function claimAll(api: ControllerApi, posts: readonly Post[], caSha256: string): Promise<FleetMember[]> {
  return await eachOf(posts, async ({ speakerId, clusterId, hamletId }) => {
    const { claimCode } = await api.call('POST', `/api/clusters/${clusterId}/speaker`, claimResponse, { serial: speakerId });
    const claim = parseClaimCode(claimCode);
    // A code that pins another authority would send the speakers somewhere else.
    if (claim?.speakerId !== speakerId || claim.caSha256 !== caSha256)
      throw new Error(`the claim code for ${speakerId} is not of this commune`);
    return { speakerId, hamletId, claim };
  });
}

/** In order, a few at a time. */
async function eachOf<In, Out>(items: readonly In[], call: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await call(items[index] as In);
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_A_TIME }, worker));
  return results;
}

function wordsFor(plan: PlacePlan, source: ClaimsSource): string {
  const words = [`${source.url.host}: ${plan.enrolled.length} speakers enrolled in an earlier run, ${plan.toClaim.length} new claim codes`];
  if (plan.newClusters.length > 0) words.push(`${plan.newHamlets.length} hamlets and ${plan.newClusters.length} clusters created`);
  if (plan.missing > 0) {
    const remedy = source.createPlaces ? '' : '; --create-places adds what is missing (only on a controller that is there for tests)';
    words.push(`${plan.missing} speakers have no place: there are no more free clusters${remedy}`);
  }
  return words.join(', ');
}

function sha256OfCertificate(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}
