import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInventory, type Inventory, inventoryRoutes } from '../../../controller/inventory/index.ts';
import { speakerRoutes } from '../../../controller/speakers/index.ts';
import { type ClaimsSource, issueClaims } from '../../../speaker-firmware-sim/claims/issue-claims.ts';
import { createFleet, type FleetMember } from '../../../speaker-firmware-sim/fleet.ts';
import { startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { until } from '../../support/until.ts';

const PASSWORD = 'mot cau de nho cua naicinhcet';
let world: SpeakerWorld;
let http: TestHttpApp;
let inventory: Inventory;
let folder = '';
let url: URL;

beforeAll(async () => {
  world = await startSpeakerWorld({ clusters: 2 });
  const { speakers, faults, clock, database, authority } = world;
  inventory = createInventory({ store: database.store, clock, audit: { async record() {} } });
  await inventory.start();
  http = await startTestHttpApp({
    authority,
    moreRoutes: [...speakerRoutes({ speakers, faults, store: database.store, clock }), ...inventoryRoutes(inventory)],
  });
  // Makes the people: technician and viewer with passwords of their own.
  await http.cookieOf('technician');
  await http.cookieOf('viewer');
  const { port } = await http.app.start({ host: '127.0.0.1', port: 0 });
  url = new URL(`https://127.0.0.1:${port}`);
  folder = mkdtempSync(join(tmpdir(), 'loa-xa-claims-'));
});
afterAll(async () => {
  await http?.close();
  await inventory?.close();
  await world?.close();
  if (folder) rmSync(folder, { recursive: true });
});

const said: string[] = [];
async function issue(speakers: number, over: Partial<ClaimsSource> = {}): Promise<FleetMember[]> {
  const source: ClaimsSource = {
    url,
    username: 'test.technician',
    password: PASSWORD,
    authority: { sha256: world.authority.caSha256() },
    createPlaces: false,
    ...over,
  };
  return await issueClaims({ source, speakers, hamlets: 3, identityDirectory: folder, clock: world.clock, say: (text) => said.push(text) });
}

it('sends nothing, not even a name, to a server of another authority', async () => {
  await expect(issue(1, { authority: { sha256: 'ab'.repeat(32) } })).rejects.toThrow(/not of the authority/);
  const other = await startTestHttpApp();
  const file = join(folder, 'other.pem');
  writeFileSync(file, other.authority.caPem());
  await expect(issue(1, { authority: { file } })).rejects.toThrow(/certificate/);
  await other.close();
  rmSync(file);
});

it('says in words who may not, and what is wrong with a password', async () => {
  await expect(issue(1, { password: 'wrong' })).rejects.toThrow(/password/i);
  await expect(issue(1, { username: 'test.viewer', password: 'mot cau de nho cua reweiv' })).rejects.toThrow(/POST .*speaker: .*/);
  const { temporaryPassword } = await http.accounts.createUser({ username: 'new', displayName: 'New', role: 'technician', language: 'vi' });
  await expect(issue(1, { username: 'new', password: temporaryPassword })).rejects.toThrow(/password of their own/);
});

it('takes free clusters only, and says how many speakers have no place', async () => {
  const members = await issue(5);
  expect(members.map(({ speakerId, hamletId }) => [speakerId, hamletId])).toEqual([
    ['SIM-0001', 'ap-01'],
    ['SIM-0002', 'ap-02'],
  ]);
  expect(said.at(-1)).toMatch(/3 speakers have no place.*--create-places/);
  expect(inventory.clusters()).toHaveLength(3);
  expect(said.join()).not.toContain(members[0]?.claim?.claim);
});

it('makes the places it is told to make, enrols and connects; the second time it claims nothing', async () => {
  const file = join(folder, 'ca.pem');
  writeFileSync(file, world.authority.caPem());
  const members = await issue(20, { createPlaces: true, authority: { file } });
  rmSync(file);
  expect(members).toHaveLength(20);
  expect(inventory.hamlets().map(({ hamletId }) => hamletId)).toEqual(['ap-01', 'ap-02', 'ap-03']);
  expect(inventory.clusters().filter(({ kind }) => kind === 'ip')).toHaveLength(20);
  const fleet = createFleet({ members, identityDirectory: folder, rampMs: 100 });
  await fleet.start();
  await until('all are connected', () => fleet.speakers.every((speaker) => speaker.connected));
  await fleet.close();
  expect(readdirSync(folder)).toHaveLength(20);
  const again = await issue(20, { createPlaces: true });
  expect(again.filter(({ claim }) => claim)).toEqual([]);
  expect(again.map(({ speakerId }) => speakerId).sort()).toEqual(members.map(({ speakerId }) => speakerId).sort());
  // Nobody stays logged in behind it.
  const user = (await http.accounts.logIn({ username: 'test.technician', password: PASSWORD, ip: '127.0.0.1', userAgent: 'test' })).token;
  const signedIn = await http.accounts.authenticate(user);
  if (!signedIn) throw new Error('not signed in');
  const sessions = await http.accounts.listSessions(signedIn);
  expect(sessions.filter(({ userAgent }) => userAgent === null)).toEqual([]);
});
