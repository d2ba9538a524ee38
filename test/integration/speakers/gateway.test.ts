import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLOSE_CODES, CONTROL_PATH, CONTROL_SUBPROTOCOL } from '../../../controller/protocol/media.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

let world: SpeakerWorld;

beforeAll(async () => {
  world = await startSpeakerWorld();
});
afterAll(() => world?.close());

const isSomebodyWaiting = async (): Promise<boolean> => {
  const { rows } = await world.database.store.pool.query('select 1 from pg_locks where not granted');
  return rows.length > 0;
};

async function inService(clusterId: string, serial: string): Promise<TestSpeaker> {
  const speaker = await new TestSpeaker(await enrolDevice(await world.speakers.issueClaim(clusterId, serial))).open();
  speaker.hello();
  await until('it is connected', () => world.speakers.directory.isConnected(serial));
  return speaker;
}

test('a request for a WebSocket that is none is answered, and holds no connection', async () => {
  const socket = connect({ host: '127.0.0.1', port: world.speakers.port(), ca: world.authority.caPem() });
  let answer = '';
  socket.on('data', (data: Buffer) => {
    answer += data.toString('latin1');
  });
  await once(socket, 'secureConnect');
  const lines = ['Host: x', 'Connection: upgrade', 'Upgrade: websocket', `Sec-WebSocket-Protocol: ${CONTROL_SUBPROTOCOL}`];
  socket.write(`GET ${CONTROL_PATH} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('a new claim never takes the row of a device that enrols for the same cluster in this moment', async () => {
  await world.speakers.issueClaim('c-1', 'SPK-0001');
  const device = await world.database.store.pool.connect();
  await device.query('begin');
  await device.query(`select * from speakers where id = 'SPK-0001' for update`);
  const other = world.speakers.issueClaim('c-1', 'SPK-0002').then(
    () => 'made',
    (error: { code: string }) => error.code,
  );
  await until('the claim waits for the device', isSomebodyWaiting);
  await device.query(`update speakers set enrolled_at = now(), certificate_sha256 = 'x', claim_hash = null where id = 'SPK-0001'`);
  await device.query('commit');
  device.release();
  expect(await other).toBe('speakers.cluster_taken');
  const { rows } = await world.database.store.pool.query(`select certificate_sha256 from speakers where id = 'SPK-0001'`);
  expect(rows).toEqual([{ certificate_sha256: 'x' }]);
});

test('a speaker is out of service as soon as that is written, also when the store answers nothing more', async () => {
  const speaker = await inService('c-2', 'SPK-0003');
  const store = await world.database.store.pool.connect();
  await store.query('begin');
  // The roster can't be read any more; the revocation can be written.
  await store.query('lock table hamlets in access exclusive mode');
  const revoked = world.speakers.revoke('SPK-0003');
  try {
    await until('its connection is closed', () => speaker.closed !== undefined);
    expect(speaker.closed?.code).toBe(CLOSE_CODES.revoked);
    expect(world.speakers.directory.speakerOf('c-2')).toBeUndefined();
  } finally {
    await store.query('rollback');
    store.release();
  }
  await revoked;
});
