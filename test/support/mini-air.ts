import { Application, createEncoder } from 'libopus-wasm';
import type { MiniChannel, MiniController } from './mini-controller.ts';

const FRAME_MS = 20;
const FRAME_SAMPLES = 960;

/** A sweep with a pulse in every frame: no stretch of it resembles another, so that a recording can be found in it. */
export async function encodeSweep(durationMs: number): Promise<{ pcm: Float32Array; packets: Buffer[] }> {
  const encoder = await createEncoder({ channels: 1, application: Application.Voip, bitrate: 32_000, fec: true, packetLossPercent: 10 });
  const frames = Math.ceil(durationMs / FRAME_MS);
  const pcm = new Float32Array(frames * FRAME_SAMPLES);
  const packets: Buffer[] = [];
  let noise = 1;
  let smooth = 0;
  for (let index = 0; index < pcm.length; index++) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0;
    smooth += 0.15 * (noise / 2 ** 31 - smooth);
    const t = index / 48_000;
    pcm[index] = 0.25 * Math.sin(2 * Math.PI * (180 + 150 * (t % 4)) * t) + 0.5 * smooth;
  }
  for (let frame = 0; frame < frames; frame++) {
    const samples = Int16Array.from({ length: FRAME_SAMPLES }, (_, index) => 32_767 * (pcm[frame * FRAME_SAMPLES + index] ?? 0));
    packets.push(Buffer.from(encoder.encode(samples)));
  }
  encoder.free();
  return { pcm, packets };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a condition; rejects in words after the time-out. */
export async function until(what: string, condition: () => boolean, timeOutMs = 20_000): Promise<void> {
  const endMs = performance.now() + timeOutMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited ${timeOutMs} ms for: ${what}`);
    await sleep(20);
  }
}

/** Sends packets at their pace, `lateMs` after their capture instants; returns the capture instant of the first sample. */
export async function sendPaced(
  controller: MiniController,
  channel: MiniChannel,
  packets: readonly Buffer[],
  startAtMs = controller.clock.nowMs(),
  lateMs = 0,
): Promise<number> {
  let sent = 0;
  const firstTimestamp = Math.floor(Math.random() * 0xffffffff);
  while (sent < packets.length) {
    const nowMs = controller.clock.nowMs();
    while (sent < packets.length && startAtMs + sent * FRAME_MS <= nowMs) {
      channel.send({
        payload: packets[sent] as Buffer,
        timestamp: (firstTimestamp + sent * FRAME_SAMPLES) >>> 0,
        captureAtMs: startAtMs + sent * FRAME_MS - lateMs,
        marker: sent === 0,
      });
      sent++;
    }
    await sleep(5);
  }
  return startAtMs - lateMs;
}

/** A pilot on the channel every period, until the returned function is called. */
export function sendPilots(controller: MiniController, channel: MiniChannel, periodMs: number): () => void {
  const timer = setInterval(() => {
    const nowMs = controller.clock.nowMs();
    channel.send({ payload: Buffer.from([0xf8]), timestamp: Math.floor(nowMs * 48) % 4_294_967_296, captureAtMs: nowMs });
  }, periodMs);
  return () => clearInterval(timer);
}
