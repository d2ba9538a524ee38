import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { BROADCAST_CLASSES } from '../../../controller/protocol/broadcast-class.ts';
import { enrolRequest, enrolResponse, parseClaimCode } from '../../../controller/protocol/enrolment.ts';
import { speakerProtocolSchemas } from '../../../controller/protocol/json-schemas.ts';
import { CLOSE_CODES, CONTROL_MAX_MESSAGE_BYTES, CONTROL_PATH, CONTROL_SUBPROTOCOL } from '../../../controller/protocol/media.ts';
import { fromSpeaker, toSpeaker } from '../../../controller/protocol/speaker-control.ts';
import { FAULT_CODES } from '../../../controller/protocol/speaker-state.ts';
import { findExtension, readCaptureAtMs, readRtpHeader } from '../../../speaker-firmware-sim/speaker/rtp.ts';
import { SrtpReceiver } from '../../../speaker-firmware-sim/speaker/srtp.ts';
import { byteExamples, EXAMPLE, exampleFlush, examplePacket } from '../../support/protocol-examples.ts';

const document = readFileSync(new URL('../../../docs/speaker-protocol.md', import.meta.url), 'utf8');

describe('byte examples of docs/speaker-protocol.md', () => {
  test.each(Object.entries(byteExamples()))('%s', (_what, bytes) => {
    expect(document).toContain(bytes);
  });

  test('the explained pieces are pieces of the packets, and mean what is said', () => {
    const packet = examplePacket();
    expect(readRtpHeader(packet)).toEqual({ marker: true, payloadType: 100, sequence: 1000, timestamp: 48_000, ssrc: 0x0a0b0c0d });
    expect(findExtension(packet, 10)?.length).toBe(8);
    expect(readCaptureAtMs(packet, 10)).toBe(EXAMPLE.captureAtMs);
    expect(document).toContain('1 791 583 200 250 ms');
    expect(EXAMPLE.captureAtMs).toBe(1_791_583_200_250);
    expect(
      new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'Asia/Ho_Chi_Minh' }).format(EXAMPLE.captureAtMs),
    ).toBe('2026-10-10 05:00:00');
  });

  test('the flush was captured twenty seconds before it is sent', () => {
    const flush = exampleFlush();
    const sentAtMs = EXAMPLE.captureAtMs + EXAMPLE.flush.afterMs;
    expect(readCaptureAtMs(flush, 10)).toBe(sentAtMs - 20_000);
    expect(document).toContain('1 791 583 185.25 s, 20 s before the stop');
    expect(readRtpHeader(flush)).toMatchObject({ marker: true, sequence: 1042, timestamp: 2 ** 32 + 48_000 - 15_000 * 48 });
  });

  test('a receiver opens them', () => {
    const bytes = (name: string): Buffer => Buffer.from((byteExamples()[name] ?? '').replaceAll(/\s/g, ''), 'hex');
    const opened = new SrtpReceiver(EXAMPLE.controllerKey).openRtp(bytes('RTP packet, SRTP'));
    expect(opened).toMatchObject({ payload: EXAMPLE.payload, index: EXAMPLE.sequence });
    const controller = new SrtpReceiver(EXAMPLE.speakerKey);
    expect(controller.openRtcp(bytes('receiver report, SRTCP'))).toEqual(bytes('receiver report, plain'));
    expect(controller.openRtcp(bytes('NACK, SRTCP'))).toEqual(bytes('NACK, plain'));
  });

  test('the arithmetic of the clock example', () => {
    const [t1, t2, t3, t4] = [1000.25, 1_791_583_191_046.5, 1_791_583_191_046.75, 1088.5];
    expect(t4 - t1 - (t3 - t2)).toBe(88);
    expect((t2 - t1 + (t3 - t4)) / 2).toBe(1_791_583_190_002.25);
    for (const number of [t1, t2, t3, t4, t2 - t1, t3 - t4, (t2 - t1 + (t3 - t4)) / 2]) expect(document).toContain(String(number));
  });

  test('the claim code', () => {
    const [code] = /loaxa:1:[^<`\s]+/.exec(document) ?? [''];
    expect(parseClaimCode(code)).toMatchObject({ port: 8444, speakerId: 'SPK-0001' });
  });
});

describe('message examples', () => {
  const schemas: Record<string, z.ZodType> = {
    'from-speaker': fromSpeaker,
    'to-speaker': toSpeaker,
    'enrol-request': enrolRequest,
    'enrol-response': enrolResponse,
  };
  const examples = [...document.matchAll(/```json (\S+)\n([\s\S]*?)```/g)].map(([, schema = '', text = '']) => ({ schema, text }));

  test.each(examples.map((example) => [`${example.schema} ${example.text.slice(0, 60)}`, example] as const))(
    '%s fits its schema',
    (_name, example) => {
      const value: unknown = JSON.parse(example.text);
      const parsed = schemas[example.schema]?.parse(value);
      // Nothing in an example that the schema doesn't know.
      expect(parsed).toEqual(value);
    },
  );

  test('there is one of every type', () => {
    const shown = examples.map((example) => (JSON.parse(example.text) as { type?: string }).type);
    for (const union of [fromSpeaker, toSpeaker]) for (const option of union.options) expect(shown).toContain(option.shape.type.value);
  });
});

describe('the text is complete', () => {
  test('every field of every message is named', () => {
    const names = new Set<string>();
    const walk = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties } = schema as { properties?: Record<string, unknown> };
      for (const name of Object.keys(properties ?? {})) names.add(name);
      for (const value of Object.values(schema)) walk(value);
    };
    walk(speakerProtocolSchemas());
    expect(names.size).toBeGreaterThan(80);
    const missing = [...names].filter((name) => !document.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  test('every value of every enumeration is explained', () => {
    const values = new Set<string>([...FAULT_CODES, ...BROADCAST_CLASSES]);
    const walk = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const value of (schema as { enum?: string[] }).enum ?? []) values.add(value);
      for (const value of Object.values(schema)) walk(value);
    };
    walk(speakerProtocolSchemas());
    expect([...values].filter((value) => !document.includes(`\`${value}\``))).toEqual([]);
  });

  test('close codes, path, subprotocol, limits', () => {
    for (const code of Object.values(CLOSE_CODES)) expect(document).toContain(`| ${code} |`);
    expect(document).toContain(CONTROL_PATH);
    expect(document).toContain(CONTROL_SUBPROTOCOL);
    expect(document).toContain(CONTROL_MAX_MESSAGE_BYTES.toLocaleString('en').replace(',', ' '));
  });

  test('every link inside it leads somewhere', () => {
    const anchors = new Set(
      [...document.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const dead = [...document.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor).filter((anchor) => !anchors.has(anchor));
    expect(dead).toEqual([]);
  });
});
