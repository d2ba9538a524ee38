import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { schemaText, speakerProtocolSchemas } from '../../../controller/protocol/json-schemas.ts';
import { fromSpeaker } from '../../../controller/protocol/speaker-control.ts';
import { createMessageMutator } from '../../support/message-mutator.ts';
import { validBodies, validHello } from '../../support/speaker-messages.ts';

const folder = new URL('../../../docs/schemas/', import.meta.url);

describe('docs/schemas', () => {
  test('is what the code says (npm run schemas)', () => {
    const wanted = speakerProtocolSchemas();
    expect(readdirSync(folder).toSorted()).toEqual(Object.keys(wanted).toSorted());
    for (const [name, schema] of Object.entries(wanted)) expect(readFileSync(new URL(name, folder), 'utf8')).toBe(schemaText(schema));
  });

  test('a vendor’s validator takes what the controller takes', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
      speakerProtocolSchemas()['from-speaker.schema.json'] as object,
    );
    const bodies = [...validBodies(1_790_000_000_000), validHello('SPK-0001')];
    for (const [index, body] of bodies.entries()) expect(validate({ v: 1, seq: index + 1, ...body })).toBe(true);
    const mutate = createMessageMutator(77);
    let taken = 0;
    for (let index = 0; index < 3000; index++) {
      let value: unknown;
      try {
        value = JSON.parse(mutate({ v: 1, seq: 1, ...bodies[index % bodies.length] }).toString('utf8'));
      } catch {
        continue;
      }
      if (!fromSpeaker.safeParse(value).success) continue;
      taken += 1;
      expect(validate(value)).toBe(true);
    }
    expect(taken).toBeGreaterThan(300);
  });
});
