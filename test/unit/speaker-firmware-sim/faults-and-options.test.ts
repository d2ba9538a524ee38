import { describe, expect, it } from 'vitest';
import { formatClaimCode } from '../../../controller/protocol/enrolment.ts';
import { faultCommand } from '../../../speaker-firmware-sim/faults/fault-command.ts';
import { readFaultScript } from '../../../speaker-firmware-sim/faults/fault-script.ts';
import { assembleMembers, membersFromClaims } from '../../../speaker-firmware-sim/members.ts';
import { readOptions } from '../../../speaker-firmware-sim/options.ts';
import { Amplifier } from '../../../speaker-firmware-sim/speaker/amplifier.ts';
import { nextProbeInMs } from '../../../speaker-firmware-sim/speaker/probe-schedule.ts';
import { reconnectDelayMs } from '../../../speaker-firmware-sim/speaker/reconnect.ts';

describe('fault script', () => {
  it('reads YAML with durations, and says which entry is wrong', () => {
    const script = readFaultScript(`
- { at: 10s, hamlet: ap-03, power: off, for: 30s }
- at: 1.5m
  speakers: [SIM-0001]
  line: open
- { at: 500ms, share: 0.2, link: 4g-bad }
- { clock: { stepMs: 40 } }
`);
    expect(script.map(({ atMs }) => atMs)).toEqual([10_000, 90_000, 500, 0]);
    expect(script[0]?.command).toEqual({ hamlet: 'ap-03', power: 'off', for: 30_000 });
    expect(script[2]?.command.link).toBe('4g-bad');
    expect(() => readFaultScript('- { at: 1s, power: maybe }')).toThrow(/entry 1/);
    expect(() => readFaultScript('- { at: 1s, hamlet: ap-01 }')).toThrow(/names no fault/);
    expect(() => readFaultScript('- { at: 1s, power: off }\n- { at: soon, power: off }')).toThrow(/entry 2/);
    expect(faultCommand.safeParse({ power: 'off', unknown: 1 }).success).toBe(false);
  });
});

const claim = (serial: string): string =>
  formatClaimCode({ host: '127.0.0.1', port: 8444, speakerId: serial, claim: 'ABCDEFGHIJKLMNOP', caSha256: 'ab'.repeat(32) });

describe('members', () => {
  it('come from claim codes in three spellings and from earlier identities, each once', () => {
    const claims = membersFromClaims(
      `# commune\n${claim('SIM-0001')}\n"${claim('SIM-0002')}"\n{"claimCode":"${claim('SIM-0003')}","hamletId":"ap-09"}\n`,
    );
    expect(claims.map(({ speakerId, hamletId }) => [speakerId, hamletId])).toEqual([
      ['SIM-0001', ''],
      ['SIM-0002', ''],
      ['SIM-0003', 'ap-09'],
    ]);
    const members = assembleMembers(
      {
        claims,
        enrolled: [
          { speakerId: 'SIM-0001', hamletId: '' },
          { speakerId: 'OLD-1', hamletId: '' },
        ],
        hamletOf: new Map([['OLD-1', 'ap-07']]),
      },
      10,
      2,
    );
    expect(members.map(({ speakerId, hamletId }) => [speakerId, hamletId])).toEqual([
      ['SIM-0001', 'ap-01'],
      ['OLD-1', 'ap-07'],
      ['SIM-0002', 'ap-02'],
      ['SIM-0003', 'ap-09'],
    ]);
    expect(members[0]?.claim?.port).toBe(8444);
  });

  it('says which line is no claim code, without repeating it', () => {
    const secret = 'loaxa:1:broken:SECRETSECRET';
    expect(() => membersFromClaims(`${claim('SIM-0001')}\n${secret}`)).toThrow(/line 2/);
    try {
      membersFromClaims(secret);
    } catch (error) {
      expect(String(error)).not.toContain('SECRET');
    }
  });
});

describe('options', () => {
  it('are read from the command line, and refused in words', () => {
    const options = readOptions([
      '--speakers',
      '250',
      '--hamlets',
      '25',
      '--network',
      '4g',
      '--duration',
      '60',
      '--listen',
      'SIM-1=a.wav',
      '--listen',
      'SIM-2',
      'b.wav',
      '--listen',
      'SIM-3',
      'c=d.wav',
    ]);
    expect(options).toMatchObject({ speakers: 250, hamlets: 25, network: '4g', durationS: 60 });
    expect([...options.listen]).toEqual([
      ['SIM-1', 'a.wav'],
      ['SIM-2', 'b.wav'],
      ['SIM-3', 'c=d.wav'],
    ]);
    expect(() => readOptions(['--network', '5g'])).toThrow(/lan/);
    expect(() => readOptions(['--speakers', 'many'])).toThrow(/number/);
    expect(() => readOptions(['--listen', 'x'])).toThrow(/SPEAKER FILE/);
    expect(() => readOptions(['--listen', 'SIM-1', '--seed', '2'])).toThrow(/SPEAKER FILE/);
    expect(() => readOptions(['--nonsense'])).toThrow();
  });
});

describe('amplifier and line', () => {
  it('draw current with the level, nothing when failed, little when the line is open, much when it is shorted', () => {
    const current = (level: number, set: (amplifier: Amplifier) => void = () => {}): number => {
      const amplifier = new Amplifier(4);
      set(amplifier);
      amplifier.update(0, level);
      return amplifier.facts().currentMa;
    };
    expect(current(-10)).toBeGreaterThan(current(-30) * 2);
    expect(current(-10, (amplifier) => (amplifier.failed = true))).toBe(0);
    expect(current(-10, (amplifier) => (amplifier.line = 'open'))).toBeCloseTo(current(-120), 1);
    expect(current(-10, (amplifier) => (amplifier.line = 'short'))).toBeGreaterThan(current(-10) * 1.5);
  });

  it('show an open line as no impedance and a fault’s heat within seconds', () => {
    const amplifier = new Amplifier(2);
    amplifier.line = 'open';
    expect(amplifier.facts().impedanceOhm).toBeNull();
    amplifier.extraHeatC = 85;
    for (let nowMs = 0; nowMs <= 10_000; nowMs += 250) amplifier.update(nowMs, -20);
    expect(amplifier.facts().temperatureC).toBeGreaterThan(100);
    expect(amplifier.healthy).toBe(false);
  });
});

describe('reconnecting', () => {
  it('backs off exponentially with spread, and longer where the controller said no', () => {
    // Whoever lost a controller that was killed asks several times before it is back.
    for (let attempt = 0; attempt < 12; attempt++) {
      expect(reconnectDelayMs(attempt, 0, undefined, undefined)).toBe(250);
      expect(reconnectDelayMs(attempt, 0.999, undefined, undefined)).toBeLessThan(500);
    }
    expect(reconnectDelayMs(12, 0, undefined, undefined)).toBe(500);
    expect(reconnectDelayMs(20, 0, undefined, undefined)).toBe(30_000);
    expect(reconnectDelayMs(0, 0, 4503, 2500)).toBe(2500);
  });

  it('waits after each close code as long as the protocol says', () => {
    const minutes: Record<number, [number, number]> = {
      4400: [2, 4],
      4401: [5, 10],
      4403: [5, 10],
      4406: [5, 10],
      4409: [1, 2],
      4429: [1, 2],
    };
    for (const [code, [shortest, longest]] of Object.entries(minutes)) {
      expect(reconnectDelayMs(0, 0, Number(code), undefined), code).toBe(shortest * 60_000);
      expect(reconnectDelayMs(20, 1, Number(code), undefined), code).toBe(longest * 60_000);
    }
  });

  it('probes densely first, sparsely when idle, and as told while a channel is open', () => {
    const state = { answered: 0, jitterMs: undefined, sinceConnectedMs: 0, sinceActiveMs: undefined, sinceBeatMs: 0, probePeriodMs: 1000 };
    expect(nextProbeInMs(state)).toBeLessThan(100);
    expect(nextProbeInMs({ ...state, answered: 30, jitterMs: 0.2, sinceConnectedMs: 60_000, sinceBeatMs: 5000 })).toBeUndefined();
    expect(nextProbeInMs({ ...state, answered: 90, jitterMs: 30, sinceConnectedMs: 60_000, sinceBeatMs: 5000 })).toBeCloseTo(1000);
    expect(nextProbeInMs({ ...state, answered: 90, jitterMs: 0.2, sinceConnectedMs: 60_000, sinceActiveMs: 60_000 })).toBe(1000);
    // Never above what a controller takes from one speaker in the long run.
    expect(nextProbeInMs({ ...state, answered: 90, jitterMs: 30, sinceConnectedMs: 60_000, sinceActiveMs: 0 })).toBeGreaterThan(50);
  });
});
