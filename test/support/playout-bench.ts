import { randomUUID } from 'node:crypto';
import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';
import type { ChannelDescription } from '../../controller/protocol/speaker-control.ts';
import { createRandom } from '../../speaker-firmware-sim/random.ts';
import type { Channel } from '../../speaker-firmware-sim/speaker/channel.ts';
import { ChannelSet } from '../../speaker-firmware-sim/speaker/channel-set.ts';
import { ClockSync } from '../../speaker-firmware-sim/speaker/clock-sync.ts';
import { Oscillator } from '../../speaker-firmware-sim/speaker/oscillator.ts';
import type { PlaySession } from '../../speaker-firmware-sim/speaker/play-session.ts';
import { Playout, type RenderedBlock } from '../../speaker-firmware-sim/speaker/playout.ts';

export const PLAYOUT_START_MS = 1_790_000_000_000;
const SOUND = Buffer.concat([Buffer.from([0xf8]), Buffer.alloc(60, 3)]);

/** A speaker without network: packets are put into its channels, time moves by hand. */
export function playoutBench(options: { driftPpm?: number; exchanges?: number; awakeFromMs?: number } = {}) {
  const oscillator = new Oscillator({
    driftPpm: options.driftPpm ?? 0,
    wanderPpm: 0,
    offsetMs: 777,
    startTrueMs: PLAYOUT_START_MS - 200_000,
    random: createRandom('bench'),
  });
  const sync = new ClockSync();
  for (let index = 0; index < (options.exchanges ?? 100); index++) {
    const atMs = PLAYOUT_START_MS - 110_000 + index * 1000;
    sync.add({ t1Ms: oscillator.localMs(atMs), t2Ms: atMs + 0.1, t3Ms: atMs + 0.1, t4Ms: oscillator.localMs(atMs + 0.2) });
  }
  const blocks: RenderedBlock[] = [];
  const playing: { channelId: string | null; broadcastId: string | null; soundAtMs: number }[] = [];
  const first: { channelId: string; trueMs: number; dueMs: number }[] = [];
  const ended: PlaySession[] = [];
  let muted = 0;
  const channels: ChannelSet = new ChannelSet({
    changed: () => playout.setChannels(channels.list),
    sessionEnded: (_channel, session) => ended.push(session),
    closed() {},
  });
  const playout: Playout = new Playout({
    oscillator,
    clock: sync,
    sink: undefined,
    isAwakeAt: (trueMs) => trueMs >= (options.awakeFromMs ?? 0),
    dacPhaseMs: 3.3,
    events: {
      playing: (channel, soundAtMs) =>
        playing.push({ channelId: channel?.description.channelId ?? null, broadcastId: channel?.session?.broadcastId ?? null, soundAtMs }),
      firstSound: (channel, trueMs, dueMs) => first.push({ channelId: channel.description.channelId, trueMs, dueMs }),
      block: (block) => blocks.push({ ...block }),
      muted: () => muted++,
      drained: (channel) => channels.drained(channel),
    },
  });
  let nowMs = PLAYOUT_START_MS;
  let ssrc = 1;
  return {
    oscillator,
    sync,
    playout,
    channels,
    blocks,
    playing,
    first,
    ended,
    muted: () => muted,
    now: () => nowMs,
    open(channelId: string, broadcastClass: BroadcastClass, over: Partial<ChannelDescription> = {}): Channel {
      channels.open({
        channelId,
        class: broadcastClass,
        ssrc: ssrc++,
        payloadType: 100,
        playoutDelayMs: 200,
        gainDb: 0,
        broadcastId: randomUUID(),
        sinceMs: 0,
        standing: false,
        ...over,
      });
      return channels.get(channelId) as Channel;
    },
    /** `count` packets of 20 ms whose capture began at `fromMs`; those in `lost` never come. */
    fill(channel: Channel, fromMs: number, count: number, lost: readonly number[] = [], firstIndex = 0, isMarked = true) {
      for (let index = 0; index < count; index++) {
        if (lost.includes(index)) continue;
        channel.buffer.insert({
          index: firstIndex + index,
          timestamp: ((firstIndex + index) * 960) >>> 0,
          captureAtMs: fromMs + index * 20,
          payload: SOUND,
          arrivalMs: nowMs,
          marker: isMarked && index === 0,
        });
      }
    },
    run(forMs: number, everyMs = 10) {
      const untilMs = nowMs + forMs;
      while (nowMs < untilMs) {
        nowMs += everyMs;
        playout.pump(nowMs);
      }
    },
  };
}
