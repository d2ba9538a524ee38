import { SystemClock } from '../../controller/clock.ts';
import { type DeviceIdentity, TestSpeaker } from '../support/test-speaker.ts';

/**
 * A process of its own, so that the devices' work is not counted as the controller's. Orders come from the parent:
 * connect all, beat at a rate, leave and come back with their TLS sessions.
 */
export type ClientOrder =
  | { do: 'connect'; identities: DeviceIdentity[] }
  | { do: 'beat'; perSecond: number; forMs: number }
  | { do: 'reconnect' }
  | { do: 'end' };
export type ClientReport = {
  done: ClientOrder['do'];
  answers: number;
  resumed: number /** From the first beat to the last answer. */;
  tookMs: number;
};

const clock = new SystemClock();
let speakers: TestSpeaker[] = [];
/** Connecting is limited, so that accept queues are not what is measured. */
const AT_ONCE = 25;
/** A beat that has no answer by then gets none. */
const ANSWER_LIMIT_MS = 2000;

async function connectAll(identities: readonly DeviceIdentity[], sessions: readonly (Buffer | undefined)[]): Promise<number> {
  let resumed = 0;
  const next: TestSpeaker[] = [];
  for (let at = 0; at < identities.length; at += AT_ONCE) {
    const batch = identities.slice(at, at + AT_ONCE).map(async (identity, offset) => {
      const session = sessions[at + offset];
      const speaker = await new TestSpeaker(identity, session ? { session } : {}).open();
      if ((speaker.socket as unknown as { _socket: { isSessionReused(): boolean } })._socket.isSessionReused()) resumed += 1;
      speaker.hello();
      await speaker.next('welcome');
      next[at + offset] = speaker;
    });
    await Promise.all(batch);
  }
  speakers = next;
  return resumed;
}

async function beat(perSecond: number, forMs: number): Promise<{ answers: number; tookMs: number }> {
  for (const speaker of speakers) speaker.received.length = 0;
  const answers = (): number =>
    speakers.reduce((sum, speaker) => sum + speaker.received.filter((message) => message.type === 'clock').length, 0);
  const startMs = clock.monotonicMs();
  const elapsedMs = (): number => clock.monotonicMs() - startMs;
  let sent = 0;
  while (elapsedMs() < forMs) {
    for (; sent < (elapsedMs() / 1000) * perSecond; sent++) speakers[sent % speakers.length]?.beat({ packetsReceived: 2 });
    await clock.sleep(2);
  }
  // Waiting longer than for the last answer would count idle time as work.
  while (answers() < sent && elapsedMs() < forMs + ANSWER_LIMIT_MS) await clock.sleep(2);
  return { answers: answers(), tookMs: elapsedMs() };
}

process.on('message', async (order: ClientOrder) => {
  const report: ClientReport = { done: order.do, answers: 0, resumed: 0, tookMs: 0 };
  if (order.do === 'connect') report.resumed = await connectAll(order.identities, []);
  if (order.do === 'beat') Object.assign(report, await beat(order.perSecond, order.forMs));
  if (order.do === 'reconnect') {
    const sessions = speakers.map((speaker) => speaker.session);
    for (const speaker of speakers) speaker.end();
    report.resumed = await connectAll(
      speakers.map((speaker) => speaker.identity),
      sessions,
    );
  }
  if (order.do === 'end') for (const speaker of speakers) speaker.end();
  process.send?.(report, () => {
    if (order.do === 'end') process.exit(0);
  });
});
process.on('disconnect', () => process.exit(0));
