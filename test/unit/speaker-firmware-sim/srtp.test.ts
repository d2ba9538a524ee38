import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimatePacketIndex, REPLAY_WINDOW, ReplayWindow } from '../../../speaker-firmware-sim/speaker/replay-windows.ts';
import { writeRtpPacket } from '../../../speaker-firmware-sim/speaker/rtp.ts';
import { deriveSessionKey, SrtpReceiver, SrtpSender, sealRtcp, sealRtp } from '../../../speaker-firmware-sim/speaker/srtp.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

describe('published test vectors', () => {
  const session = { key: createSecretKey(hex('000102030405060708090a0b0c0d0e0f')), salt: hex('517569642070726f2071756f') };

  it('seals the RTP packet of RFC 7714 section 16.1', () => {
    const packet = hex('8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573');
    const sealed = hex(
      '8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce',
    );
    expect(sealRtp(session, packet, 0xf17b).toString('hex')).toBe(sealed.toString('hex'));
  });

  it('seals the RTCP packet of RFC 7714 section 17.1', () => {
    const packet = hex(
      '81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef',
    );
    const sealed = hex(
      '81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4',
    );
    expect(sealRtcp(session, packet, 0x5d4).toString('hex')).toBe(sealed.toString('hex'));
  });

  it('derives the session keys of RFC 3711 appendix B.3', () => {
    const key = hex('E1F97A0D3E018BE0D64FA32C06DE4139');
    const salt = hex('0EC675AD498AFEEBB6960B3AABE6');
    expect(deriveSessionKey(key, salt, 0, 16)).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
    expect(deriveSessionKey(key, salt, 2, 14)).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
  });
});

const packetAt = (sequence: number, payload = Buffer.from('sound')): Buffer =>
  writeRtpPacket({ marker: false, payloadType: 100, sequence, timestamp: 1, ssrc: 7, captureAtMs: 1_700_000_000_000, payload });

function pair(): { sender: SrtpSender; receiver: SrtpReceiver } {
  const master = randomBytes(28);
  return { sender: new SrtpSender(master), receiver: new SrtpReceiver(master) };
}

describe('SrtpReceiver', () => {
  it('opens what its peer sealed, over any number of roll-overs, in any order within the window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 32_767 }),
        fc.array(fc.integer({ min: -100, max: 900 }), { minLength: 1, maxLength: 200 }),
        (start, steps) => {
          const { sender, receiver } = pair();
          let index = start;
          const opened = new Set<number>();
          expect(typeof receiver.openRtp(sender.protectRtp(packetAt(index % 65_536), index))).toBe('object');
          opened.add(index);
          for (const step of steps) {
            const next = Math.max(0, index + step);
            const result = receiver.openRtp(sender.protectRtp(packetAt(next % 65_536), next));
            if (opened.has(next)) expect(result).toBe('replayed');
            else expect(typeof result === 'object' ? result.index : result).toBe(next);
            opened.add(next);
            index = Math.max(index, next);
          }
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('follows a stream that wrapped before its first packet arrived', () => {
    const { sender, receiver } = pair();
    const result = receiver.openRtp(sender.protectRtp(packetAt(5), 65_541));
    expect(result).toMatchObject({ index: 65_541 });
    expect(receiver.openRtp(sender.protectRtp(packetAt(6), 65_542))).toMatchObject({ index: 65_542 });
  });

  it('refuses a replay, and every packet with a flipped bit, without forgetting where it is', () => {
    const { sender, receiver } = pair();
    const first = sender.protectRtp(packetAt(100), 100);
    expect(typeof receiver.openRtp(first)).toBe('object');
    expect(receiver.openRtp(first)).toBe('replayed');
    fc.assert(
      fc.property(fc.nat({ max: first.length * 8 - 1 }), (bit) => {
        const sealed = sender.protectRtp(packetAt(101), 101);
        sealed[bit >> 3] = (sealed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(['unauthentic', 'malformed', 'replayed']).toContain(receiver.openRtp(sealed));
      }),
      { numRuns: 300, seed: 2 },
    );
    expect(receiver.openRtp(sender.protectRtp(packetAt(101), 101))).toMatchObject({ index: 101 });
  });

  it('takes SRTCP once and in the clear only when authentic', () => {
    const { sender, receiver } = pair();
    const compound = hex('81c90001 00000007 81ca0002 00000007 01016100');
    const sealed = sender.protectRtcp(compound);
    expect(receiver.openRtcp(sealed)).toEqual(compound);
    expect(receiver.openRtcp(sealed)).toBe('replayed');
    const next = sender.protectRtcp(compound);
    next[9] = (next[9] as number) ^ 1;
    expect(receiver.openRtcp(next)).toBe('unauthentic');
  });

  it('answers any bytes with a reason', () => {
    const { receiver } = pair();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(typeof receiver.openRtp(Buffer.from(bytes))).toBe('string');
        expect(typeof receiver.openRtcp(Buffer.from(bytes))).toBe('string');
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});

describe('many streams under one grant', () => {
  const STREAMS = 300;
  const packetOf = (ssrc: number, sequence: number): Buffer =>
    writeRtpPacket({ marker: false, payloadType: 100, sequence, timestamp: 1, ssrc, payload: Buffer.from('sound') });

  it('opens all of them, however many came before, and none of their packets twice', () => {
    const master = randomBytes(28);
    const sender = new SrtpSender(master);
    let live = 0;
    const receiver = new SrtpReceiver(master, (ssrc) => ssrc === live || ssrc === 1);
    const emergency = sender.protectRtp(packetOf(1, 5), 5);
    expect(receiver.openRtp(emergency)).toMatchObject({ index: 5 });
    const kept: Buffer[] = [];
    for (live = 2; live < STREAMS; live++) {
      for (const index of [100, 101, 103]) {
        const sealed = sender.protectRtp(packetOf(live, index), index);
        if (index === 101) kept.push(sealed);
        expect(receiver.openRtp(sealed)).toMatchObject({ index });
      }
      expect(receiver.openRtcp(sender.protectRtcp(senderReport(live)))).toBeInstanceOf(Buffer);
    }
    // The standing stream is older than all of them, and its window is still the same.
    expect(receiver.openRtp(emergency)).toBe('replayed');
    // Recorded on the air and sent again: neither the streams in memory nor those that had to go take them.
    for (const sealed of kept) expect(receiver.openRtp(sealed)).toBe('replayed');
    // What never arrived before its stream ended does not come in either by being late.
    expect(receiver.openRtp(sender.protectRtp(packetOf(2, 102), 102))).toBe('replayed');
  });

  it('never gives up the window of a live stream: what finds no room is refused', () => {
    const master = randomBytes(28);
    const sender = new SrtpSender(master);
    const receiver = new SrtpReceiver(master, () => true);
    const results = Array.from({ length: 65 }, (_, ssrc) => receiver.openRtp(sender.protectRtp(packetOf(ssrc + 1, 1), 1)));
    expect(results.filter((result) => typeof result === 'object')).toHaveLength(64);
    expect(results.at(-1)).toBe('too_many_streams');
    for (let ssrc = 1; ssrc <= 64; ssrc++) expect(receiver.openRtp(sender.protectRtp(packetOf(ssrc, 1), 1))).toBe('replayed');
  });

  function senderReport(ssrc: number): Buffer {
    const report = hex('80c80006 00000000 00000001 00000002 00000003 00000004 00000005');
    report.writeUInt32BE(ssrc, 4);
    return report;
  }
});

describe('packet index', () => {
  it('is the one nearest to the highest seen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40_000, max: 10_000_000 }), fc.integer({ min: -32_000, max: 32_000 }), (highest, distance) => {
        const index = Math.max(0, highest + distance);
        expect(estimatePacketIndex(index % 65_536, highest)).toBe(index);
      }),
      { seed: 4 },
    );
  });

  it('is remembered by the replay window exactly as by a set', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 300 }), (indices) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let highest = -1;
        for (const index of indices) {
          const expected = seen.has(index) || (highest >= 0 && index <= highest - REPLAY_WINDOW);
          expect(window.seen(index)).toBe(expected);
          if (expected) continue;
          window.accept(index);
          seen.add(index);
          highest = Math.max(highest, index);
        }
      }),
      { seed: 5 },
    );
  });
});
