import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatClaimCode } from '../../../controller/protocol/enrolment.ts';
import { sendPilots, until } from '../../support/mini-air.ts';
import { type MiniController, startMiniController } from '../../support/mini-controller.ts';

let controller: MiniController;
let endPilots: () => void;
let folder = '';
beforeAll(async () => {
  controller = await startMiniController({ config: { pilotPeriodMs: 1000, beatPeriodMs: 2000 } });
  const emergency = await controller.openChannel({
    channelId: 'emergency',
    class: 'emergency',
    playoutDelayMs: 120,
    broadcastId: null,
    standing: true,
  });
  endPilots = sendPilots(controller, emergency, 500);
  folder = mkdtempSync(join(tmpdir(), 'loa-xa-sim-'));
});
afterAll(async () => {
  endPilots();
  await controller.close();
  rmSync(folder, { recursive: true });
});

function run(args: string[], input?: string) {
  const child = spawn(process.execPath, ['speaker-firmware-sim/main.ts', '--identity-dir', join(folder, 'identities'), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => {
    output.stdout += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    output.stderr += text.toString();
  });
  child.stdin.end(input);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, output, exited };
}

describe('npm run sim', () => {
  it('says what it needs, in words and with its own exit status', async () => {
    const none = run([]);
    expect(await none.exited).toBe(2);
    expect(none.output.stderr).toMatch(/--claims/);
    const wrong = run(['--network', 'pigeon']);
    expect(await wrong.exited).toBe(2);
    expect(wrong.output.stderr).toMatch(/lan/);
    const help = run(['--help']);
    expect(await help.exited).toBe(0);
    expect(help.output.stdout).toMatch(/--listen/);
  });

  it('enrols a fleet from standard input, tells its status, takes faults over HTTP, and reports at the end', async () => {
    const ids = ['CLI-0001', 'CLI-0002', 'CLI-0003'];
    const claims = ids.map((speakerId) => formatClaimCode(controller.claimFor(speakerId)));
    const report = join(folder, 'report.json');
    const first = run(
      ['--claims', '-', '--network', 'fibre', '--hamlets', '2', '--status-json', '--control-port', '0', '--json', report],
      claims.join('\n'),
    );
    await until('the media paths', () => first.output.stdout.includes('"receiving":3'));
    expect(first.output.stdout + first.output.stderr).not.toContain(claims[0]?.split(':')[5]);
    const [, port, token] = /http:\/\/127\.0\.0\.1:(\d+) token (\w+)/.exec(first.output.stderr) ?? [];
    const url = `http://127.0.0.1:${port}`;
    expect((await fetch(`${url}/speakers`)).status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    const speakers = (await (await fetch(`${url}/speakers`, { headers })).json()) as { speakerId: string; hamletId: string }[];
    expect(speakers.map(({ hamletId }) => hamletId)).toEqual(['ap-01', 'ap-01', 'ap-02']);
    const strike = (body: unknown) => fetch(`${url}/faults`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect((await strike({ hamlet: 'ap-01', nonsense: 1 })).status).toBe(400);
    expect(await (await strike({ hamlet: 'ap-01', line: 'open' })).json()).toEqual({ met: 2 });
    await until('the fault at the controller', () => controller.messages.filter(({ message }) => message.type === 'fault').length === 2);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ speakers: 3, network: 'fibre' });

    // Everything that waits for an hour or for an answer ends with it.
    const script = join(folder, 'faults.yaml');
    writeFileSync(script, '- { line: open, for: 1h }\n- { at: 50m, power: off }\n- { hamlet: ap-02, link: cut, for: 2h }\n');
    const connected = (): number => controller.connected().filter((id) => id.startsWith('CLI')).length;
    await until('the end of the first run at the controller', () => connected() === 0);
    const long = run(['--duration', '3600', '--script', script]);
    await until('the long run', () => connected() >= 2);
    long.child.kill('SIGINT');
    const killer = setTimeout(() => long.child.kill('SIGKILL'), 5000);
    expect(await long.exited).toBe(0);
    clearTimeout(killer);
    expect(long.output.stdout).toMatch(/3 speakers on lan/);

    const enrolments = controller.enrolments.length;
    const unknown = run(['--listen', 'CLI-0009', join(folder, 'nobody.wav')]);
    expect(await unknown.exited).toBe(2);
    expect(unknown.output.stderr).toMatch(/no speaker CLI-0009 among 3/);
    const nowhere = run(['--listen', 'CLI-0001', join(folder, 'no such folder', 'horn.wav')]);
    expect(await nowhere.exited).toBe(2);
    expect(nowhere.output.stderr).toMatch(/no such folder/);

    const more = run(['--duration', '1', '--speakers', '250', '--listen', 'CLI-0002', join(folder, 'horn.wav')]);
    expect(await more.exited).toBe(0);
    expect(more.output.stderr).toMatch(/Only 3 of 250 speakers/);
    expect(existsSync(join(folder, 'horn.wav'))).toBe(true);

    const second = run(['--duration', '4', '--speakers', '2']);
    await until('the second start', () => controller.connected().filter((id) => id.startsWith('CLI')).length === 2);
    expect(await second.exited).toBe(0);
    expect(second.output.stdout).toMatch(/2 speakers on lan/);
    expect(controller.enrolments.length).toBe(enrolments);
  });
});
