import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { createTerminalPainter } from '../../../controller/demo/terminal-painter.ts';
import { renderOpening, renderTerminal, type TerminalState } from '../../../controller/demo/terminal-view.ts';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';

const broadcast: BroadcastSummary = {
  broadcastId: '0190a1b2-0000-7000-8000-000000000001',
  title: 'Lịch tiêm chủng',
  class: 'normal',
  content: { kind: 'bulletin', bulletinId: '0190a1b2-0000-7000-8000-000000000002', repeat: 1, pauseMs: 0 },
  targets: { everything: true },
  clusterIds: ['ap-01-c1', 'ap-01-c2'],
  status: 'on_air',
  startsAtMs: Date.UTC(2026, 10, 22, 10, 0, 0),
  startedAtMs: Date.UTC(2026, 10, 22, 10, 0, 0),
  endedAtMs: null,
  durationMs: 65_000,
  positionMs: 5_000,
  hearingClusters: 1,
  requestedBy: 'demo',
  origin: 'demo',
  endReason: null,
  preemptedBy: null,
  makesUpFor: null,
  stored: true,
};

const state: TerminalState = {
  communeName: 'Xã mẫu',
  consoleUrl: 'https://localhost:8443',
  authoritySha256: 'ab'.repeat(16) + '0f'.repeat(16),
  firstLogin: { username: 'admin', password: null, file: '/data/first-login.txt' },
  nowMs: Date.UTC(2026, 10, 22, 10, 0, 5),
  timeZone: 'Asia/Ho_Chi_Minh',
  onAir: [broadcast],
  next: [],
  isMuted: () => false,
  speakers: { enrolled: 2, connected: 2, playing: 1, faults: 0 },
  simulator: null,
  conditions: [{ vi: 'Redis vừa khởi động lại.', en: 'Redis was restarted.' }],
  step: null,
};

describe('the terminal view', () => {
  it('says what is on air, how far, and how many hear it', () => {
    const text = renderTerminal(state, 'vi').join('\n');
    expect(text).toContain('ĐANG PHÁT: Lịch tiêm chủng – 0:05 / 1:05 – 1/2 cụm loa nghe thấy');
    expect(text).toContain('17:00:05');
    expect(text).toContain('! Redis vừa khởi động lại.');
  });

  it('says for a while what is over, and since when', () => {
    const conditions = [{ vi: 'Redis đã dừng.', en: 'Redis ended.', clearedAtMs: Date.UTC(2026, 10, 22, 10, 0, 1) }];
    expect(renderTerminal({ ...state, conditions }, 'en')).toContain('✓ Back to normal at 17:00:01: Redis ended.');
  });

  it('shows how to get in: the fingerprint as openssl prints it, and the first log-in until its password is changed', () => {
    expect(renderOpening(state, 'en')).toEqual([
      'Console: https://localhost:8443',
      'First log-in: admin / password in /data/first-login.txt',
      'SHA-256 of /ca.crt: AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:',
      '                    0F:0F:0F:0F:0F:0F:0F:0F:0F:0F:0F:0F:0F:0F:0F:0F',
      '',
    ]);
    expect(renderOpening({ ...state, firstLogin: null }, 'en').join('\n')).not.toContain('admin');
  });

  it('shows no figure that was not measured', () => {
    const idle = {
      speakers: 2,
      connected: 2,
      receiving: 0,
      hearing: 0,
      startLatencyMs: null,
      skewP50Ms: null,
      skewP99Ms: null,
      lossPercent: null,
      concealedPercent: null,
    };
    expect(renderTerminal({ ...state, simulator: idle }, 'en').join('\n')).toContain(
      'start latency none yet, skew between speakers (p50/p99) none yet / none yet',
    );
  });

  it('prints to a pipe only when something changed, and redraws a terminal in place', async () => {
    const clock = new TestClock();
    const written: string[] = [];
    let words = 'a';
    const output = { write: (text: string) => written.push(text) };
    const painter = createTerminalPainter({ clock, output, opening: () => ['the password'], lines: () => ['time', words] });
    painter.start();
    await clock.advance(12_000);
    expect(written).toEqual(['the password\n', 'time\na\n\n']);
    words = 'b';
    await clock.advance(5000);
    expect(written.slice(2)).toEqual(['time\nb\n\n']);
    painter.close();
    const drawn: string[] = [];
    const screen = { isTTY: true, write: (text: string) => drawn.push(text) };
    const live = createTerminalPainter({ clock, output: screen, opening: () => ['the password'], lines: () => ['time', words] });
    live.start();
    await clock.advance(1000);
    expect(drawn.every((text) => text.includes('the password'))).toBe(true);
    live.close();
    expect(clock.pending()).toEqual([]);
  });
});
