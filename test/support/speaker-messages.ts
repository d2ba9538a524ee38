import { randomUUID } from 'node:crypto';
import type { FromSpeakerBody } from '../../controller/protocol/speaker-control.ts';
import { QUIET_TELEMETRY } from './test-speaker.ts';

/** One valid body of every type that a ready speaker sends. */
export function validBodies(nowMs: number): Exclude<FromSpeakerBody, { type: 'hello' }>[] {
  const broadcastId = randomUUID();
  return [
    { type: 'beat', t1Ms: nowMs, telemetry: { ...QUIET_TELEMETRY, batteryPercent: 70, signalDbm: -80, cpuPercent: 4 } },
    { type: 'probe', t1Ms: nowMs },
    { type: 'media.request', reason: 'start' },
    { type: 'playing', channelId: 'emergency', broadcastId: randomUUID(), soundAtMs: nowMs },
    { type: 'playing', channelId: null, broadcastId: null, soundAtMs: nowMs },
    { type: 'fault', code: 'line_open', state: 'raised', detail: 'measured 9 kΩ' },
    { type: 'fault', code: 'line_open', state: 'cleared' },
    {
      type: 'receipt',
      receipt: {
        receiptId: randomUUID(),
        broadcastId,
        channelId: broadcastId,
        firstSoundAtMs: nowMs - 60_000,
        lastSoundAtMs: nowMs,
        playedMs: 60_000,
        concealedMs: 20,
        fecMs: 40,
        mutedMs: 0,
        mutedByConfigMs: 0,
        preemptedMs: 0,
        packetsReceived: 3000,
        packetsLost: 3,
        packetsLate: 0,
        packetsRepaired: 2,
        maxSyncErrorMs: 0.4,
        meanOutputLevelDb: -20,
        amplifierOk: true,
        heard: [],
        final: true,
      },
    },
    { type: 'refused', toSeq: 3, code: 'malformed', detail: 'no such field' },
  ];
}

export function validHello(speakerId: string): Extract<FromSpeakerBody, { type: 'hello' }> {
  return {
    type: 'hello',
    speakerId,
    firmware: '1.0.0',
    model: 'test',
    bootId: randomUUID(),
    uptimeS: 12,
    horns: 2,
    wakeUpMs: 1500,
    families: ['ipv4', 'ipv6'],
    pendingReceipts: 0,
  };
}
