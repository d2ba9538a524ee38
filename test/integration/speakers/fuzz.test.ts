import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULT_CODES } from '../../../controller/protocol/speaker-state.ts';
import type { ControlSocket } from '../../../controller/speakers/index.ts';
import { schema } from '../../../controller/store/index.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { createMessageMutator, HOSTILE_TEXT } from '../../support/message-mutator.ts';
import { validBodies, validHello } from '../../support/speaker-messages.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { type DeviceIdentity, enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

let world: SpeakerWorld;
let identity: DeviceIdentity;

beforeAll(async () => {
  world = await startSpeakerWorld({ reconnects: { burst: 1e6, perSecond: 1 } });
  identity = await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'));
});
afterAll(() => world?.close());

async function rejected(): Promise<number> {
  const metric = await world.metrics.getSingleMetric('loaxa_speaker_messages_rejected_total')?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

test('20 000 mutated messages through everything behind the connection: live state, faults, receipts, store', async () => {
  let isOpen = false;
  const socket: ControlSocket = {
    bufferedAmount: 0,
    send() {},
    ping() {},
    close() {
      isOpen = false;
    },
    terminate() {
      isOpen = false;
    },
  };
  const mutate = createMessageMutator(505);
  let connection = world.speakers.converse('SPK-0001', socket, { ip: '127.0.0.1' });
  let seq = 0;
  const say = (body: Record<string, unknown>, spoil?: (message: Record<string, unknown>) => Buffer): void => {
    if (!isOpen) {
      connection = world.speakers.converse('SPK-0001', socket, { ip: '127.0.0.1' });
      isOpen = true;
      connection.receive(JSON.stringify({ v: 1, seq: 1, ...validHello('SPK-0001') }), false);
      seq = 1;
    }
    seq += 1;
    const message = { v: 1, seq, ...body };
    connection.receive(spoil ? spoil(message) : Buffer.from(JSON.stringify(message)), false);
  };
  const round = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      // The commits of receipts have to keep up, as they would with messages from a network.
      if (index % 200 === 0) await world.clock.sleep(5);
      const bodies = validBodies(world.clock.nowMs());
      say(bodies[index % bodies.length] ?? {}, index % 4 === 0 ? undefined : mutate);
    }
  };
  // Hostile text in the very message that raises a fault: from there it would come into the history.
  for (const code of FAULT_CODES) for (const text of HOSTILE_TEXT) say({ type: 'fault', code, state: 'raised', detail: `horn ${text} 2` });
  for (const code of FAULT_CODES) say({ type: 'fault', code, state: 'raised', detail: 'measured' });
  await round(10_000);
  collectGarbage();
  const heapBytes = process.memoryUsage().heapUsed;
  const lastMs = world.clock.nowMs();
  await round(10_000);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - heapBytes).toBeLessThan(15e6);
  expect(await rejected()).toBeGreaterThan(5000);
  connection.terminate('test');
  expect(world.speakers.directory.state('SPK-0001')?.rung).toBe('offline');

  // What was told is in the store as well: nothing that came stopped the history.
  const { db } = world.database.store;
  await world.faults.history({ limit: 1 });
  const faults = await db.select().from(schema.faults);
  expect(faults.map((fault) => fault.id).toSorted()).toEqual(
    world
      .told('fault.raised')
      .map((fact) => fact.faultId)
      .toSorted(),
  );
  expect(faults.filter((fault) => fault.clearedAt !== null)).toHaveLength(world.told('fault.cleared').length);
  // All that a device can report of itself.
  expect(faults.length).toBeGreaterThanOrEqual(FAULT_CODES.length - 2);
  await until('the changes of rung are stored', async () => {
    const rows = await db.select().from(schema.speakerTransitions).orderBy(schema.speakerTransitions.id);
    return rows.at(-1)?.toRung === 'offline';
  });
  await until('when it was seen last is stored', async () => {
    const [row] = await db.select().from(schema.speakers).where(eq(schema.speakers.id, 'SPK-0001'));
    return (row?.lastSeenAt?.getTime() ?? 0) >= lastMs - 1;
  });
});

test('what the database can’t take costs nobody else’s history', async () => {
  const { db } = world.database.store;
  // A device whose strings pass the protocol but not the store: a rule of the store's own stands for whatever comes.
  await db.execute(sql`alter table faults add constraint no_smoke check (evidence ->> 'detail' is distinct from 'smoke')`);
  await db.execute(sql`alter table speakers add constraint no_beta check (firmware is distinct from 'beta')`);
  const speaker = await new TestSpeaker(await enrolDevice(await world.speakers.issueClaim('c-3', 'SPK-0003'))).open();
  const other = await new TestSpeaker(await enrolDevice(await world.speakers.issueClaim('c-2', 'SPK-0002'))).open();
  speaker.hello({ firmware: 'beta' });
  other.hello({ firmware: '9.9.9' });
  speaker.send({ type: 'fault', code: 'line_short', state: 'raised', detail: 'smoke' });
  other.send({ type: 'fault', code: 'line_open', state: 'raised', detail: 'a good one' });
  await until('in the history', async () => (await world.faults.history({ speakerId: 'SPK-0002', limit: 10 })).length === 1);
  expect((await world.faults.history({ speakerId: 'SPK-0003', limit: 1000 })).map((fault) => fault.evidence.detail)).not.toContain('smoke');
  await until('its firmware is known', async () => {
    const [row] = await db.select().from(schema.speakers).where(eq(schema.speakers.id, 'SPK-0002'));
    return row?.firmware === '9.9.9';
  });
  const lost = await world.metrics.getSingleMetric('loaxa_fault_changes_lost_total')?.get();
  expect(lost?.values.reduce((sum, { value }) => sum + value, 0)).toBe(1);
  speaker.end();
  other.end();
});

test('2 000 over TLS: afterwards the port serves as before', async () => {
  const mutate = createMessageMutator(49);
  const before = await rejected();
  let given = 0;
  while (given < 2000) {
    const speaker = await new TestSpeaker(identity).open();
    speaker.raw(JSON.stringify({ v: 1, seq: 1, ...validHello('SPK-0001') }));
    for (let seq = 2; seq < 60 && !speaker.closed; seq++) {
      const bodies = validBodies(world.clock.nowMs());
      speaker.raw(mutate({ v: 1, seq, ...bodies[given % bodies.length] }).toString('latin1'));
      given += 1;
    }
    await until('answered or closed', () => speaker.closed !== undefined || speaker.received.length > 2);
    speaker.end();
  }
  expect((await rejected()) - before).toBeGreaterThan(500);
  const speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  speaker.beat();
  speaker.beat({ packetsReceived: 2 });
  await speaker.next('clock');
  await until('receiving', () => world.speakers.directory.state('SPK-0001')?.rung === 'receiving');
  speaker.end();
});
