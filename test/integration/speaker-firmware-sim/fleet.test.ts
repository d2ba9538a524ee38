import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultBoard } from '../../../speaker-firmware-sim/faults/apply-fault.ts';
import type { FaultCommand } from '../../../speaker-firmware-sim/faults/fault-command.ts';
import { createFleet, type Fleet, type FleetOptions } from '../../../speaker-firmware-sim/fleet.ts';
import type { ProfileName } from '../../../speaker-firmware-sim/network/profiles.ts';
import { encodeSweep, sendPaced, sendPilots, sleep, until } from '../../support/mini-air.ts';
import { type MiniChannel, type MiniController, startMiniController } from '../../support/mini-controller.ts';

let controller: MiniController;
let emergency: MiniChannel;
let endPilots: () => void;
let folder = '';
let serial = 0;
let fleets: Fleet[] = [];

beforeAll(async () => {
  controller = await startMiniController({ config: { pilotPeriodMs: 1000, beatPeriodMs: 2000 } });
  emergency = await controller.openChannel({
    channelId: 'emergency',
    class: 'emergency',
    playoutDelayMs: 120,
    broadcastId: null,
    standing: true,
  });
  endPilots = sendPilots(controller, emergency, 1000);
  folder = mkdtempSync(join(tmpdir(), 'loa-xa-fleet-'));
});
afterAll(async () => {
  endPilots();
  await controller.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const fleet of fleets) await fleet.close();
  fleets = [];
});

function members(count: number): { speakerId: string; hamletId: string; claim: ReturnType<MiniController['claimFor']> }[] {
  return Array.from({ length: count }, () => {
    const speakerId = `SIM-${String(++serial).padStart(4, '0')}`;
    return { speakerId, hamletId: 'ap-01', claim: controller.claimFor(speakerId) };
  });
}

async function start(options: Partial<FleetOptions> & Pick<FleetOptions, 'members'>): Promise<Fleet> {
  const fleet = createFleet({ identityDirectory: folder, network: 'none', batteryShare: 0, ...options });
  fleets.push(fleet);
  await fleet.start();
  await fleet.untilReceiving(options.members.length, 30_000);
  return fleet;
}

async function broadcast(playoutDelayMs: number): Promise<{ channel: MiniChannel; broadcastId: string }> {
  const broadcastId = randomUUID();
  const channel = await controller.openChannel({ channelId: broadcastId, class: 'normal', playoutDelayMs, broadcastId });
  await sleep(200);
  return { channel, broadcastId };
}

const of = (type: string, speakerId: string) =>
  controller.messages.filter((entry) => entry.speakerId === speakerId && entry.message.type === type).map(({ message }) => message);

describe('a speaker and its controller', () => {
  it('enrols by its claim code, opens its media path, plays, and hands in a receipt of what it played', async () => {
    const fleet = await start({ members: members(3), decodeShare: 1 });
    await sleep(1500);
    const { packets } = await encodeSweep(2000);
    const { channel, broadcastId } = await broadcast(1000);
    const startMs = await sendPaced(controller, channel, packets);
    channel.closeChannel(false);
    await until('three receipts', () => controller.receipts.filter((receipt) => receipt.broadcastId === broadcastId).length === 3);
    for (const receipt of controller.receipts.filter((one) => one.broadcastId === broadcastId)) {
      expect(receipt.playedMs).toBeGreaterThan(1950);
      expect(receipt.playedMs).toBeLessThan(2050);
      expect(receipt.packetsReceived).toBe(100);
      expect(receipt.packetsLost + receipt.concealedMs + receipt.mutedMs).toBe(0);
      expect(Math.abs(receipt.firstSoundAtMs - startMs - 1000)).toBeLessThan(5);
      expect(receipt.final).toBe(true);
    }
    await until('three silences', () => fleet.speakers.every(({ speakerId }) => of('playing', speakerId).length === 2));
    for (const { speakerId } of fleet.speakers) {
      const playing = of('playing', speakerId);
      expect(playing.map((message) => message.type === 'playing' && message.channelId)).toEqual([broadcastId, null]);
    }
    expect(fleet.report().packets.rejected).toBe(0);
    expect(controller.invalid).toEqual([]);
    await until('acknowledged receipts', () => fleet.report().pendingReceipts === 0);
  });

  it('keeps its identity over a restart, and a receipt until it is acknowledged', async () => {
    const [member] = members(1);
    if (!member) throw new Error('no member');
    const first = await start({ members: [member] });
    const enrolments = controller.enrolments.length;
    controller.acknowledgeReceipts = false;
    const { packets } = await encodeSweep(500);
    const { channel, broadcastId } = await broadcast(200);
    await sendPaced(controller, channel, packets);
    channel.closeChannel(false);
    await until('the receipt', () => controller.receipts.some((receipt) => receipt.broadcastId === broadcastId));
    expect(first.report().pendingReceipts).toBe(1);
    await first.close();
    controller.acknowledgeReceipts = true;
    const second = await start({ members: [{ speakerId: member.speakerId, hamletId: 'ap-01' }] });
    await until('the receipt again', () => controller.receipts.filter((receipt) => receipt.broadcastId === broadcastId).length >= 2);
    await until('its acknowledgement', () => second.report().pendingReceipts === 0);
    expect(controller.enrolments.length).toBe(enrolments);
  });

  it('opens nothing any more for a grant that arrives while it says goodbye', async () => {
    const fleet = await start({ members: members(1) });
    const closing = fleet.close();
    controller.send(fleet.speakers[0]?.speakerId ?? '', {
      type: 'media.setup',
      grant: {
        transportId: 'late',
        addresses: [{ family: 'ipv4', ip: '127.0.0.1', port: 9 }],
        srtpSuite: 'AEAD_AES_128_GCM',
        speakerKey: Buffer.alloc(28).toString('base64'),
        controllerKey: Buffer.alloc(28).toString('base64'),
        absCaptureTimeId: 10,
        channels: [],
      },
    });
    await closing;
    expect(process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap')).toEqual([]);
  });

  it('sends nothing to a controller of another authority', async () => {
    const [member] = members(1);
    if (!member?.claim) throw new Error('no member');
    const logged: string[] = [];
    const fleet = createFleet({
      members: [{ ...member, claim: { ...member.claim, caSha256: 'ab'.repeat(32) } }],
      identityDirectory: folder,
      log: (_level, message) => logged.push(message),
    });
    fleets.push(fleet);
    await fleet.start();
    expect(logged.join()).toMatch(/not of the authority/);
    expect(logged.join()).not.toContain(member.claim.claim);
    expect(controller.enrolments).not.toContain(member.speakerId);
  });

  it('answers bad messages as the protocol says and stays connected', async () => {
    const fleet = await start({ members: members(1) });
    const id = fleet.speakers[0]?.speakerId ?? '';
    controller.sendRaw(id, 'this is no JSON');
    controller.sendRaw(id, Buffer.from([1, 2, 3]));
    controller.sendRaw(id, JSON.stringify({ v: 1, seq: 9000, type: 'dance' }));
    controller.sendRaw(id, JSON.stringify({ v: 1, seq: 1, type: 'goodbye', reason: 'old', reconnectAfterMs: 1 }));
    controller.sendRaw(id, JSON.stringify({ v: 1, seq: 9001, type: 'clock', t1Ms: 1, t2Ms: 2, t3Ms: 3 }));
    controller.skipSeq(id, 9001);
    await until('the refusals', () => of('refused', id).length === 3);
    expect(of('refused', id).map((message) => message.type === 'refused' && [message.toSeq, message.code])).toEqual([
      [9000, 'unknown_type'],
      [1, 'replayed'],
      [9001, 'unexpected_clock'],
    ]);
    expect(fleet.speakers[0]?.rejectedMessages).toBe(5);
    expect(fleet.status().connected).toBe(1);
  });

  it('plays an emergency without its control channel, and tells of it afterwards', async () => {
    const fleet = await start({ members: members(1) });
    const [speaker] = fleet.speakers;
    const id = speaker?.speakerId ?? '';
    await sleep(1200);
    controller.closeConnection(id, 4503);
    await until('the disconnection', () => !controller.connected().includes(id));
    const { packets } = await encodeSweep(1000);
    await sendPaced(controller, emergency, packets);
    await until('sound', () => (speaker?.measurements.totals.playedMs ?? 0) > 900);
    await until('the reconnection', () => controller.connected().includes(id));
    expect(of('hello', id).length).toBeGreaterThanOrEqual(2);
    expect(controller.resumed).toContain(id);
  });

  it('sounds an emergency late rather than not at all when all of it comes too late', async () => {
    await start({ members: members(2) });
    await sleep(1500);
    const { packets } = await encodeSweep(4000);
    const broadcastId = randomUUID();
    emergency.setBroadcast(broadcastId, controller.clock.nowMs() - 700);
    const startMs = await sendPaced(controller, emergency, packets, controller.clock.nowMs(), 700);
    emergency.setBroadcast(null);
    await until('the receipts', () => controller.receipts.filter((receipt) => receipt.broadcastId === broadcastId).length === 2);
    const receipts = controller.receipts.filter((receipt) => receipt.broadcastId === broadcastId);
    for (const receipt of receipts) {
      // From its first word to its last.
      expect(receipt.playedMs).toBeGreaterThan(3900);
      expect(receipt.heard).toHaveLength(1);
      expect(receipt.maxSyncErrorMs).toBeGreaterThanOrEqual(600);
      // Every sound is as late as the first: nothing was played faster to catch up.
      expect(receipt.lastSoundAtMs).toBeGreaterThan(startMs + 4000 + 120 + 500);
    }
    const [one, other] = receipts.map(({ maxSyncErrorMs }) => maxSyncErrorMs);
    expect(Math.abs((one ?? 0) - (other ?? 0))).toBeLessThan(100);
  });

  it('tells how long the voice of somebody who speaks live takes to its horn', async () => {
    const fleet = await start({ members: members(2) });
    await sleep(1500);
    const { packets } = await encodeSweep(1000);
    const broadcastId = randomUUID();
    const channel = await controller.openChannel({ channelId: broadcastId, class: 'live', playoutDelayMs: 150, broadcastId });
    await sleep(200);
    await sendPaced(controller, channel, packets);
    channel.closeChannel(false);
    await until('sound', () => fleet.report().mouthToHornMs.count >= 190);
    const { mouthToHornMs, histograms } = fleet.report();
    expect(Math.abs(mouthToHornMs.p50 - 150)).toBeLessThan(10);
    expect(histograms.mouthToHornMs.length).toBeGreaterThan(0);
  });

  it('plays an emergency at its own volume, whatever volume and mute somebody has set', async () => {
    const fleet = await start({ members: members(1), decodeShare: 1 });
    const [speaker] = fleet.speakers;
    const periods = { beatPeriodMs: 2000, probePeriodMs: 500, pilotPeriodMs: 1000, alignDelayMs: 0 };
    const config = { ...periods, volumeDb: -60, muted: true, emergencyVolumeDb: -6 };
    controller.send(speaker?.speakerId ?? '', { type: 'config', config });
    await sleep(1500);
    const { packets } = await encodeSweep(2000);
    const heard: { channelId: string | undefined; levelDb: number }[] = [];
    const listening = setInterval(() => {
      const winner = speaker?.playout.winner;
      if (speaker && winner) heard.push({ channelId: winner.description.channelId, levelDb: speaker.playout.levelDb });
    }, 20);
    const { channel, broadcastId } = await broadcast(200);
    await Promise.all([sendPaced(controller, channel, packets), sendPaced(controller, emergency, packets)]);
    channel.closeChannel(false);
    clearInterval(listening);
    expect(new Set(heard.map(({ channelId }) => channelId))).toEqual(new Set(['emergency']));
    // A sweep of half amplitude.
    expect(Math.max(...heard.map(({ levelDb }) => levelDb))).toBeGreaterThan(-20);
    await until('the receipt', () => controller.receipts.some((receipt) => receipt.broadcastId === broadcastId));
    expect(controller.receipts.find((receipt) => receipt.broadcastId === broadcastId)?.playedMs).toBe(0);
  });

  it('asks for a new media path when its own is dead', async () => {
    const fleet = await start({ members: members(1) });
    const id = fleet.speakers[0]?.speakerId ?? '';
    controller.dropMediaPath(id);
    await until(
      'the request',
      () => of('media.request', id).some((message) => message.type === 'media.request' && message.reason === 'path_lost'),
      30_000,
    );
    await fleet.untilReceiving(1, 10_000);
  });

  it('lives through its faults as a device does', async () => {
    const fleet = await start({ members: members(1), batteryShare: 1 });
    const [speaker] = fleet.speakers;
    if (!speaker) throw new Error('no speaker');
    const id = speaker.speakerId;
    const board = new FaultBoard(controller.clock);
    const strike = (command: FaultCommand) => board.apply(command, fleet.speakers);
    const faults = () => of('fault', id).map((message) => message.type === 'fault' && `${message.code} ${message.state}`);
    strike({ line: 'open' });
    strike({ amplifier: 'hot' });
    strike({ mains: 'off' });
    await until('the reports', () => faults().length === 3);
    const beats = of('beat', id).length;
    await until('a beat', () => of('beat', id).length > beats);
    const beat = of('beat', id).at(-1);
    expect(beat?.type === 'beat' && beat.telemetry).toMatchObject({ lineImpedanceOhm: null, mains: false });
    strike({ firmware: 'everything' });
    await sleep(200);
    const before = of('beat', id).length;
    await sleep(2500);
    expect(of('beat', id).length).toBe(before);
    strike({ firmware: 'ok' });
    await until('beats again', () => of('beat', id).length > before);
    const boots = of('hello', id).length;
    strike({ power: 'off', for: 500 });
    await until('a new boot', () => of('hello', id).length > boots);
    // The last gasp, and after the boot what still stands is told again.
    const raised = ['line_open raised', 'amplifier_over_temperature raised'];
    await until('the standing faults', () => faults().length === 6);
    expect(faults()).toEqual([...raised, 'power_lost raised', 'power_lost raised', ...raised]);
    const hellos = of('hello', id).map((message) => message.type === 'hello' && message.bootId);
    expect(new Set(hellos).size).toBe(hellos.length);
    await fleet.untilReceiving(1, 20_000);
    board.close();
  });

  it('comes back alive from a power cut however its firmware hung, and to its own network when a disturbance is over', async () => {
    const fleet = await start({ members: members(1), network: 'fibre' });
    const [speaker] = fleet.speakers;
    if (!speaker) throw new Error('no speaker');
    const board = new FaultBoard(controller.clock);
    const drift = speaker.oscillator.ownDriftPpm;
    board.apply({ firmware: 'everything', link: '4g', clock: { driftPpm: 200 }, for: 1200 }, fleet.speakers);
    expect(speaker.link.profileName).toBe('4g');
    board.apply({ link: '4g-bad', for: 300 }, fleet.speakers);
    board.apply({ power: 'off', for: 100 }, fleet.speakers);
    const beats = of('beat', speaker.speakerId).length;
    await until('beats before the hang would have ended by itself', () => of('beat', speaker.speakerId).length > beats, 1100);
    await sleep(1300);
    expect(speaker.link.profileName).toBe('fibre');
    expect(Math.abs(speaker.oscillator.ratePpm - drift)).toBeLessThan(1);
    await fleet.untilReceiving(1, 20_000);
  });

  it.each(['fibre', 'lan'] as const)('is cut off without the controller seeing an end, and comes back (%s)', async (network) => {
    const fleet = await start({ members: members(1), network });
    const id = fleet.speakers[0]?.speakerId ?? '';
    const link = fleet.speakers[0]?.link;
    const beats = of('beat', id).length;
    link?.cut(controller.clock.nowMs());
    await sleep(3000);
    expect(of('beat', id).length).toBeLessThanOrEqual(beats + 1);
    expect(controller.connected()).toContain(id);
    link?.restore(controller.clock.nowMs());
    await until('beats again', () => of('beat', id).length > beats + 1, 30_000);
    // What was said into the dead link is a message like any other when it arrives.
    expect(controller.invalid).toEqual([]);
  });
});

describe('what the horns play', () => {
  it('is the same sound at the same true instant on speakers whose clocks drift apart', async () => {
    const list = members(2);
    const files = list.map(({ speakerId }) => join(folder, `${speakerId}.wav`));
    const listen = new Map(list.map(({ speakerId }, index) => [speakerId, files[index] ?? '']));
    const fleet = await start({ members: list, network: 'lan', listen });
    await sleep(3000);
    const { packets, pcm } = await encodeSweep(3000);
    const { channel } = await broadcast(400);
    const startMs = await sendPaced(controller, channel, packets);
    channel.closeChannel(false);
    await sleep(1500);
    await fleet.close();
    const horns = files.map((file) => {
      const bytes = readFileSync(file);
      const facts = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as { firstSampleAtMs: number };
      const at = (sample: number): number =>
        bytes.length > 44 + 2 * sample + 1 && sample >= 0 ? bytes.readInt16LE(44 + 2 * sample) / 32_767 : 0;
      return { facts, at };
    });
    // Where the master should lie in each file by the time stamps; the lag of the best match is the horn's error.
    const lags = horns.map(({ facts, at }) => {
      const expected = Math.round((startMs + 400 - facts.firstSampleAtMs) * 48);
      let best = { lag: 0, value: Number.NEGATIVE_INFINITY };
      for (let lag = -480; lag <= 480; lag++) {
        let value = 0;
        for (let index = 48_000; index < 96_000; index += 3) value += at(expected + index + lag) * (pcm[index] ?? 0);
        if (value > best.value) best = { lag, value };
      }
      return best;
    });
    for (const { value, lag } of lags) {
      expect(value).toBeGreaterThan(100);
      // The codec's own delay (6.5 ms at most) is in it.
      expect(Math.abs(lag)).toBeLessThan(400);
    }
    expect(Math.abs((lags[0]?.lag ?? 0) - (lags[1]?.lag ?? 0))).toBeLessThan(96);
  });

  it.each([
    ['lan', 1000, 5],
    ['4g', 1200, 12],
  ] as [ProfileName, number, number][])('stays together on %s, and losses are repaired', async (network, playoutDelayMs, limitMs) => {
    const fleet = await start({ members: members(20), network });
    await sleep(network === 'lan' ? 3000 : 12_000);
    const { packets } = await encodeSweep(8000);
    const { channel } = await broadcast(playoutDelayMs);
    fleet.resetMeasurements();
    await sendPaced(controller, channel, packets);
    channel.closeChannel(false);
    await sleep(playoutDelayMs + 1000);
    const report = fleet.report();
    // The figures are the bench's business, on a quiet machine; here a broken synchronisation must show.
    console.info(
      `${network}: settled skew p50 ${report.settledSkewMs.p50.toFixed(3)} p99 ${report.settledSkewMs.p99.toFixed(3)} ms, concealed ${(100 * report.sound.concealedShare).toFixed(3)} %`,
    );
    expect(report.settledSkewMs.count).toBeGreaterThan(1000);
    expect(report.settledSkewMs.p99).toBeLessThan(limitMs);
    expect(report.sound.concealedShare).toBeLessThan(0.01);
    // The channel has closed: what became of its packets is still told, of each speaker and of all.
    expect(report.packets).toMatchObject({
      received: report.perSpeaker.reduce((sum, speaker) => sum + speaker.packets.received, 0),
      repaired: report.perSpeaker.reduce((sum, speaker) => sum + speaker.packets.repaired, 0),
    });
    expect(report.packets.received).toBeGreaterThan(19 * packets.length);
    expect(report.packets.received).toBeLessThan(22 * packets.length);
    if (network === '4g') {
      expect(report.packets.nacksSent).toBeGreaterThan(0);
      expect(report.packets.repaired).toBeGreaterThan(20);
      expect(report.packets.lossShareBeforeRepair).toBeGreaterThan(0.003);
      expect(report.packets.lossShareBeforeRepair).toBeLessThan(0.05);
    }
    for (const name of ['lossPercent', 'concealedPercent', 'latePackets'] as const) {
      expect(report.overSpeakers[name].count).toBe(20);
      expect(report.histograms.overSpeakers[name].reduce((sum, { count }) => sum + count, 0)).toBe(20);
    }
    expect(report.histograms.startLatencyMs.reduce((sum, { count }) => sum + count, 0)).toBe(20);
    expect(report.mouthToHornMs.count).toBe(0);
    const text = fleet.reportText();
    for (const name of [/start error, early or late:/, /skew inside hamlets:/, / lost \(/, /mouth to horn/, /late packets, each speaker/])
      expect(text).toMatch(name);
  });
});
