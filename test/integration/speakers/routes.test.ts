import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultRoutes } from '../../../controller/faults/index.ts';
import { parseClaimCode } from '../../../controller/protocol/enrolment.ts';
import { claimResponse, faultList, speakerDetail, speakerList } from '../../../controller/protocol/speakers.ts';
import { speakerRoutes } from '../../../controller/speakers/index.ts';
import { OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

let world: SpeakerWorld;
let http: TestHttpApp;

beforeAll(async () => {
  world = await startSpeakerWorld();
  const { speakers, faults, clock, database } = world;
  http = await startTestHttpApp({
    moreRoutes: [...speakerRoutes({ speakers, faults, store: database.store, clock }), ...faultRoutes(faults, clock)],
  });
});
afterAll(async () => {
  await http?.close();
  await world?.close();
});

async function call(role: Parameters<TestHttpApp['cookieOf']>[0], method: 'GET' | 'POST', url: string, payload?: object) {
  const response = await http.app.inject({
    method,
    url,
    headers: { ...OUR_HEADER, cookie: await http.cookieOf(role) },
    ...(payload ? { payload } : {}),
  });
  return { status: response.statusCode, headers: response.headers, body: response.body === '' ? undefined : response.json() };
}

describe('from claim to revocation, as the console does it', () => {
  test('a technician makes a claim code, a device uses it, everybody sees it, the technician takes it out of service', async () => {
    const made = await call('technician', 'POST', '/api/clusters/c-1/speaker', { serial: 'SPK-0001' });
    expect(made.status).toBe(201);
    expect(made.headers['cache-control']).toBe('no-store');
    const { claimCode, claim, expiresAtMs } = claimResponse.parse(made.body);
    const code = parseClaimCode(claimCode);
    if (!code) throw new Error('a claim code');
    expect(code).toMatchObject({ speakerId: 'SPK-0001', claim });

    const listed = speakerList.parse((await call('viewer', 'GET', '/api/speakers')).body);
    expect(listed.speakers).toMatchObject([
      { speakerId: 'SPK-0001', standing: 'claimed', clusterName: 'Cụm 1', hamletName: 'Ấp 1', live: { rung: 'offline' } },
    ]);
    expect(JSON.stringify(listed)).not.toContain(claim);
    // Three days to climb the pole, and everybody sees until when.
    expect(expiresAtMs - listed.atMs).toBeGreaterThan(71 * 3_600_000);
    expect(listed.speakers[0]?.claimExpiresAtMs).toBe(expiresAtMs);

    const speaker = await new TestSpeaker(await enrolDevice(code)).open();
    speaker.hello();
    speaker.beat();
    speaker.beat({ mains: false, packetsReceived: 2 });
    await until('fault and round trip', () => {
      const state = world.speakers.directory.state('SPK-0001');
      return state?.faults.length === 1 && state.roundTripMs !== null;
    });
    const detail = speakerDetail.parse((await call('viewer', 'GET', '/api/speakers/SPK-0001')).body);
    expect(detail).toMatchObject({
      standing: 'in_service',
      model: 'test',
      live: { rung: 'receiving', faults: ['power_lost'] },
      clockContradictionMs: 0,
    });
    expect(detail.live.telemetry?.mains).toBe(false);
    expect(detail.path?.samples).toBeGreaterThan(0);
    expect(detail.faults).toMatchObject([{ code: 'power_lost', clearedAtMs: null }]);
    await until('history', async () => {
      const { transitions } = speakerDetail.parse((await call('viewer', 'GET', '/api/speakers/SPK-0001?limit=5')).body);
      return transitions.map((transition) => transition.toRung).join() === 'receiving,connected';
    });

    const open = faultList.parse((await call('viewer', 'GET', '/api/faults')).body);
    expect(open.faults).toMatchObject([{ speakerId: 'SPK-0001', clusterId: 'c-1', code: 'power_lost', severity: 'warning' }]);
    expect(faultList.parse((await call('viewer', 'GET', '/api/faults?severity=critical')).body).faults).toEqual([]);

    expect((await call('technician', 'POST', '/api/speakers/SPK-0001/revoke')).body).toEqual({
      speakerId: 'SPK-0001',
      standing: 'revoked',
    });
    expect((await speaker.untilClosed()).code).toBe(4403);
    expect(faultList.parse((await call('viewer', 'GET', '/api/faults')).body).faults).toEqual([]);
    const history = faultList.parse((await call('viewer', 'GET', '/api/faults?state=all&code=power_lost')).body);
    expect(history.faults).toMatchObject([{ code: 'power_lost', evidence: { cleared: { why: 'revoked' } } }]);
    expect(history.faults[0]?.clearedAtMs).not.toBeNull();
  });

  test('an announcer or viewer brings nothing into service and takes nothing out', async () => {
    for (const role of ['announcer', 'viewer', 'approver'] as const) {
      expect((await call(role, 'POST', '/api/clusters/c-2/speaker', { serial: 'SPK-2' })).status).toBe(403);
      expect((await call(role, 'POST', '/api/speakers/SPK-0001/revoke')).status).toBe(403);
    }
  });

  test('what is not there or not well-formed is said so', async () => {
    expect((await call('technician', 'GET', '/api/speakers/SPK-NONE')).body).toMatchObject({ error: { code: 'speakers.no_speaker' } });
    expect((await call('technician', 'POST', '/api/clusters/nowhere/speaker', { serial: 'SPK-2' })).status).toBe(404);
    expect((await call('technician', 'POST', '/api/clusters/c-2/speaker', { serial: 'spk two' })).status).toBe(422);
    expect((await call('technician', 'POST', '/api/speakers/SPK-NONE/revoke')).status).toBe(404);
  });
});
