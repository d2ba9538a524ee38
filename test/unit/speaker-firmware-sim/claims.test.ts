import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { clusterId, hamletId } from '../../../controller/protocol/ids.ts';
import { type KnownPlaces, planPlaces } from '../../../speaker-firmware-sim/claims/places.ts';
import { readOptions } from '../../../speaker-firmware-sim/options.ts';

const hamlets = [
  { hamletId: 'ap-01', name: 'Ấp 1', position: 1 },
  { hamletId: 'ap-02', name: 'Ấp Hai', position: 2 },
];
const ip = (id: string, hamlet = 'ap-01') => ({ clusterId: id, hamletId: hamlet, kind: 'ip' as const });
const wishes = { speakers: 3, hamlets: 2, mayCreate: false, holdsIdentity: () => false };

describe('which clusters the simulated speakers take', () => {
  const known: KnownPlaces = {
    hamlets,
    clusters: [
      ip('real'),
      ip('claimed'),
      ip('old-sim'),
      ip('ours'),
      ip('of-another-simulator'),
      { ...ip('fm'), kind: 'fm' },
      ip('free', 'ap-02'),
    ],
    speakers: [
      { speakerId: 'SPK-7', clusterId: 'real', standing: 'in_service' },
      { speakerId: 'SPK-8', clusterId: 'claimed', standing: 'claimed' },
      { speakerId: 'SIM-0009', clusterId: 'old-sim', standing: 'revoked' },
      { speakerId: 'SIM-0001', clusterId: 'ours', standing: 'in_service' },
      { speakerId: 'SIM-0002', clusterId: 'of-another-simulator', standing: 'in_service' },
    ],
  };
  const holdsIdentity = (speakerId: string): boolean => speakerId === 'SIM-0001';

  it('is never one with a speaker that is not theirs, nor one that a technician has claimed', () => {
    const plan = planPlaces(known, { ...wishes, speakers: 10, holdsIdentity });
    expect(plan.enrolled.map(({ speakerId }) => speakerId)).toEqual(['SIM-0001']);
    expect(plan.toClaim).toEqual([
      { speakerId: 'SIM-0009', clusterId: 'old-sim', hamletId: 'ap-01' },
      { speakerId: 'SIM-0003', clusterId: 'free', hamletId: 'ap-02' },
    ]);
    expect(plan).toMatchObject({ missing: 7, newHamlets: [], newClusters: [] });
  });

  it('is as many as are wanted, or all that are free', () => {
    const some = planPlaces(known, { ...wishes, speakers: 2, holdsIdentity });
    expect([some.enrolled.length, some.toClaim.length, some.missing]).toEqual([1, 1, 0]);
    const one = planPlaces(known, { ...wishes, speakers: 1, holdsIdentity });
    expect([one.enrolled.length, one.toClaim.length]).toEqual([1, 0]);
    const all = planPlaces(known, { ...wishes, speakers: Number.POSITIVE_INFINITY, holdsIdentity, mayCreate: true });
    expect([all.enrolled.length, all.toClaim.length, all.newClusters.length, all.missing]).toEqual([1, 2, 0, 0]);
  });

  it('adds places when told to: as many hamlets as asked for, clusters evenly over them, with ids that nobody has', () => {
    const plan = planPlaces(known, { speakers: 40, hamlets: 5, mayCreate: true, holdsIdentity });
    expect(plan.newHamlets.map((hamlet) => [hamlet.hamletId, hamlet.position])).toEqual([
      ['ap-03', 3],
      ['ap-04', 4],
      ['ap-05', 5],
    ]);
    expect(plan.missing).toBe(0);
    expect(plan.enrolled.length + plan.toClaim.length).toBe(40);
    const ids = [...known.clusters, ...plan.newClusters].map((cluster) => cluster.clusterId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const cluster of plan.newClusters) clusterId.parse(cluster.clusterId);
    for (const hamlet of plan.newHamlets) hamletId.parse(hamlet.hamletId);
    const sizes = [1, 2, 3, 4, 5].map(
      (n) => [...known.clusters, ...plan.newClusters].filter((cluster) => cluster.hamletId === `ap-0${n}`).length,
    );
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(new Set(plan.toClaim.map(({ speakerId }) => speakerId)).size).toBe(plan.toClaim.length);
  });

  it('makes a commune of 250 speakers in 25 hamlets out of nothing', () => {
    const plan = planPlaces({ hamlets: [], clusters: [], speakers: [] }, { ...wishes, speakers: 250, hamlets: 25, mayCreate: true });
    expect([plan.newHamlets.length, plan.newClusters.length, plan.toClaim.length]).toEqual([25, 250, 250]);
    expect(plan.newClusters.filter((cluster) => cluster.hamletId === 'ap-25')).toHaveLength(10);
  });
});

describe('the options of --claims-from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-xa-options-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const source = ['--claims-from', 'https://localhost:8443', '--user', 'tech'];
  const pin = ['--ca-sha256', `${'AB:'.repeat(31)}AB`];
  const secret = { LOA_XA_SIM_PASSWORD: 'from the environment' };

  it('take the password from the environment or a file, and the authority by file or fingerprint', () => {
    expect(readOptions([...source, ...pin, '--create-places'], secret).claimsFrom).toMatchObject({
      username: 'tech',
      password: 'from the environment',
      authority: { sha256: 'ab'.repeat(32) },
      createPlaces: true,
    });
    const file = join(folder, 'password');
    writeFileSync(file, 'from a file\nand more');
    const { claimsFrom } = readOptions([...source, '--ca', 'ca.crt', '--password-file', file]);
    expect(claimsFrom).toMatchObject({ password: 'from a file', authority: { file: 'ca.crt' }, createPlaces: false });
  });

  it('are refused in words when something is missing or contradicts', () => {
    const refusals: [string[], RegExp][] = [
      [[...source, ...pin], /LOA_XA_SIM_PASSWORD/],
      [[...source], /--ca FILE or --ca-sha256/],
      [[...source, ...pin, '--ca', 'x'], /either/],
      [[...source, '--ca-sha256', 'abc'], /64/],
      [['--claims-from', 'http://localhost', '--user', 'x', ...pin], /https/],
      [['--claims-from', 'https://localhost', ...pin], /--user/],
      [[...source, ...pin, '--claims', 'x'], /exclude/],
      [['--user', 'x'], /belongs to --claims-from/],
      [['--create-places'], /belongs to --claims-from/],
    ];
    for (const [args, reason] of refusals) expect(() => readOptions(args), args.join(' ')).toThrow(reason);
  });
});
