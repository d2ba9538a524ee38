import { randomBytes, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatClaimCode, parseClaimCode } from '../../../controller/protocol/enrolment.ts';
import { schema } from '../../../controller/store/index.ts';
import { MovedClock } from '../../support/moved-clock.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { enrolDevice, makeDeviceKeys, pinnedAuthority, postEnrol, TestSpeaker } from '../../support/test-speaker.ts';

const clock = new MovedClock();
let world: SpeakerWorld;
let caPem: string;

beforeAll(async () => {
  world = await startSpeakerWorld({ clock, clusters: 12 });
  caPem = world.authority.caPem();
});
beforeEach(() => {
  world.audit.length = 0;
});
afterAll(() => world?.close());

let nextCluster = 0;
/** A cluster of its own for each test. */
const freshCluster = () => {
  nextCluster += 1;
  return { clusterId: `c-${nextCluster}`, serial: `SPK-10${nextCluster}` };
};

async function request(changes: Record<string, unknown> = {}): Promise<string> {
  const { csrPem } = await makeDeviceKeys();
  return JSON.stringify({ speakerId: 'SPK-9999', claim: 'A'.repeat(16), csrPem, model: 'm', firmware: 'f', ...changes });
}

describe('a claim', () => {
  test('becomes a certificate for exactly this speaker, signed by the pinned authority', async () => {
    const { clusterId, serial } = freshCluster();
    const code = await world.speakers.issueClaim(clusterId, serial);
    expect(parseClaimCode(formatClaimCode(code))).toEqual(code);
    expect(await pinnedAuthority(code.port, code.caSha256)).toBeTruthy();
    const identity = await enrolDevice(code);
    const certificate = new X509Certificate(identity.certificatePem);
    expect(certificate.subject).toContain(`CN=${serial}`);
    expect(certificate.verify(new X509Certificate(caPem).publicKey)).toBe(true);
    expect(world.audit).toMatchObject([{ action: 'speaker.enrolled', target: serial, ip: expect.stringContaining('127.0.0.1') }]);
    const [row] = await world.database.store.db.select().from(schema.speakers).where(eq(schema.speakers.id, serial));
    expect(row).toMatchObject({ claimHash: null, model: 'test', firmware: '1.0.0', clusterId });
  });

  test('is stored as a hash only, and works once', async () => {
    const { clusterId, serial } = freshCluster();
    const code = await world.speakers.issueClaim(clusterId, serial);
    const [row] = await world.database.store.db.select().from(schema.speakers).where(eq(schema.speakers.id, serial));
    expect(JSON.stringify(row)).not.toContain(code.claim);
    await enrolDevice(code);
    await expect(enrolDevice(code)).rejects.toThrow('403 speakers.claim_refused');
  });

  test('answers the same request again when its answer was lost on the way', async () => {
    const { clusterId, serial } = freshCluster();
    const code = await world.speakers.issueClaim(clusterId, serial);
    const body = await request({ speakerId: serial, claim: code.claim });
    const first = await postEnrol(code.port, caPem, body);
    const again = await postEnrol(code.port, caPem, body);
    expect(first.status).toBe(201);
    expect(again).toEqual(first);
    expect(world.audit.map((entry) => entry.action)).toEqual(['speaker.enrolled']);
  });

  test('also when the controller was restarted in between, and not for ever, nor for another request, nor once revoked', async () => {
    const own = await startSpeakerWorld({ clock });
    const ca = own.authority.caPem();
    const code = await own.speakers.issueClaim('c-1', 'SPK-0001');
    const body = await request({ speakerId: 'SPK-0001', claim: code.claim });
    const first = await postEnrol(code.port, ca, body);
    expect(first.status).toBe(201);
    await own.restart();
    const post = (text: string) => postEnrol(own.speakers.port(), ca, text);
    expect(await post(body)).toEqual(first);
    expect((await post(await request({ speakerId: 'SPK-0001', claim: code.claim }))).status).toBe(403);
    const [row] = await own.database.store.db.select().from(schema.speakers);
    expect(JSON.stringify(row)).not.toContain(code.claim);
    clock.movedMs = 11 * 60_000;
    try {
      expect((await post(body)).status).toBe(403);
    } finally {
      clock.movedMs = 0;
    }
    await own.speakers.revoke('SPK-0001');
    expect((await post(body)).status).toBe(403);
    await own.close();
  });

  test('expires', async () => {
    const { clusterId, serial } = freshCluster();
    const code = await world.speakers.issueClaim(clusterId, serial);
    clock.movedMs = 3 * 86_400_000 + 60_000;
    try {
      await expect(enrolDevice(code)).rejects.toThrow('403');
    } finally {
      clock.movedMs = 0;
    }
  });

  test('outlives wrong guesses, and nothing tells a guesser why', async () => {
    const { clusterId, serial } = freshCluster();
    const code = await world.speakers.issueClaim(clusterId, serial);
    const answers = new Set<string>();
    for (let count = 0; count < 12; count++) {
      const claim = [...randomBytes(16)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
      answers.add(JSON.stringify(await postEnrol(code.port, caPem, await request({ speakerId: serial, claim }))));
    }
    answers.add(JSON.stringify(await postEnrol(code.port, caPem, await request())));
    expect(answers.size).toBe(1);
    expect(world.audit.filter((entry) => entry.action === 'speaker.enrolment_refused')).toHaveLength(13);
    expect(JSON.stringify(world.audit)).not.toContain(code.claim);
    await enrolDevice(code);
  });

  test('survives a bad certificate request', async () => {
    const { clusterId, serial } = freshCluster();
    const code = await world.speakers.issueClaim(clusterId, serial);
    const bad = await postEnrol(code.port, caPem, await request({ speakerId: serial, claim: code.claim, csrPem: 'nonsense' }));
    expect(bad).toMatchObject({ status: 422, body: { error: { code: 'tls.request_unreadable' } } });
    await enrolDevice(code);
  });
});

describe('a cluster', () => {
  test('keeps its speaker in service until that is revoked; then another takes its place', async () => {
    const { clusterId, serial } = freshCluster();
    await enrolDevice(await world.speakers.issueClaim(clusterId, serial));
    await expect(world.speakers.issueClaim(clusterId, 'SPK-NEW')).rejects.toMatchObject({ code: 'speakers.cluster_taken' });
    await world.speakers.revoke(serial);
    await enrolDevice(await world.speakers.issueClaim(clusterId, 'SPK-NEW'));
    expect(world.speakers.directory.speakerOf(clusterId)).toBe('SPK-NEW');
    expect(world.speakers.directory.clusterOf(serial)).toBeUndefined();
  });

  test('a speaker in service is not taken to another cluster by a claim; enrolling it anew where it stands replaces its certificate', async () => {
    const here = freshCluster();
    const there = freshCluster();
    const old = await enrolDevice(await world.speakers.issueClaim(here.clusterId, here.serial));
    await expect(world.speakers.issueClaim(there.clusterId, here.serial)).rejects.toMatchObject({ code: 'speakers.speaker_elsewhere' });
    const renewed = await enrolDevice(await world.speakers.issueClaim(here.clusterId, here.serial));
    expect((await new TestSpeaker(old).untilClosed()).code).toBe(4401);
    const speaker = await new TestSpeaker(renewed).open();
    speaker.hello();
    await speaker.next('welcome');
    speaker.end();
  });

  test('must exist and be an IP cluster', async () => {
    await expect(world.speakers.issueClaim('nowhere', 'SPK-1')).rejects.toMatchObject({ code: 'speakers.no_cluster', status: 404 });
    await expect(world.speakers.issueClaim('fm-1', 'SPK-1')).rejects.toMatchObject({ code: 'speakers.not_ip', status: 409 });
  });
});

describe('the enrolment port', () => {
  test('speaks TLS 1.2 with authenticated encryption only', async () => {
    const withSuite = (ciphers: string) =>
      new Promise<string>((resolve) => {
        const socket = connect({
          port: world.speakers.port(),
          host: '127.0.0.1',
          ca: caPem,
          servername: 'localhost',
          maxVersion: 'TLSv1.2',
          ciphers,
        });
        socket.once('secureConnect', () => {
          resolve(socket.getCipher().name);
          socket.destroy();
        });
        socket.on('error', () => resolve('refused'));
      });
    expect(await withSuite('ECDHE-ECDSA-AES256-GCM-SHA384')).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
    expect(await withSuite('ECDHE-ECDSA-AES128-SHA256')).toBe('refused');
  });

  test.each([
    ['no JSON', '{', {}, 400],
    ['a field missing', '{"speakerId":"SPK-1"}', {}, 400],
    ['another content type', '{}', { contentType: 'text/plain' }, 415],
    ['too large', JSON.stringify({ padding: 'x'.repeat(20_000) }), {}, 413],
    ['another method', '{}', { method: 'PUT' }, 400],
    ['another path', '{}', { path: '/api/speakers' }, 404],
  ])('%s', async (_what, body, options, status) => {
    expect((await postEnrol(world.speakers.port(), caPem, body, options)).status).toBe(status);
  });

  test('an address that keeps failing is put off; enrolled speakers behind it still get in, and a device with a good claim', async () => {
    const own = await startSpeakerWorld({ clusters: 2 });
    const identity = await enrolDevice(await own.speakers.issueClaim('c-1', 'SPK-0001'));
    const statuses: number[] = [];
    for (let count = 0; count < 40; count++) statuses.push((await postEnrol(identity.port, identity.caPem, '{}')).status);
    expect(statuses.at(0)).toBe(400);
    expect(statuses.at(-1)).toBe(429);
    // Wrong claims of others are not all written down.
    const before = own.audit.length;
    for (let count = 0; count < 5; count++) await postEnrol(identity.port, identity.caPem, await request());
    expect(own.audit.length).toBe(before);
    await enrolDevice(await own.speakers.issueClaim('c-2', 'SPK-0002'));
    const speaker = await new TestSpeaker(identity).open();
    speaker.hello();
    await speaker.next('welcome');
    speaker.end();
    await own.close();
  });

  test('serves a whole commune at once', async () => {
    const own = await startSpeakerWorld({ clusters: 40 });
    const codes = await Promise.all(
      Array.from({ length: 40 }, (_, index) => own.speakers.issueClaim(`c-${index + 1}`, `SPK-${1000 + index}`)),
    );
    const identities = await Promise.all(codes.map((code) => enrolDevice(code)));
    expect(new Set(identities.map((identity) => new X509Certificate(identity.certificatePem).serialNumber)).size).toBe(40);
    expect(own.speakers.directory.states()).toHaveLength(40);
    await own.close();
  });
});

test('a port that is taken is refused in words', async () => {
  const port = world.speakers.port();
  await expect(startSpeakerWorld({ port })).rejects.toMatchObject({ code: 'processes.port_in_use', details: { port } });
});
