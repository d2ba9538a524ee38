import { z } from 'zod';
import { enrolRequest, enrolResponse } from './enrolment.ts';
import { fromSpeaker, toSpeaker } from './speaker-control.ts';

/**
 * The speaker protocol as JSON Schema (draft 2020-12), for vendors whose tools don't read TypeScript. Keys are file names in docs/schemas.
 * Every object may carry fields that a schema doesn't name: receivers ignore them.
 */
export function speakerProtocolSchemas(): Record<string, unknown> {
  return {
    'from-speaker.schema.json': schemaOf(fromSpeaker, 'Message from a speaker to the controller', 'input'),
    'to-speaker.schema.json': schemaOf(toSpeaker, 'Message from the controller to a speaker', 'output'),
    'enrol-request.schema.json': schemaOf(enrolRequest, 'Body of POST /speaker/v1/enrol', 'input'),
    'enrol-response.schema.json': schemaOf(enrolResponse, 'Answer to POST /speaker/v1/enrol', 'output'),
  };
}

function schemaOf(type: z.ZodType, title: string, io: 'input' | 'output'): unknown {
  const schema = z.toJSONSchema(type, {
    target: 'draft-2020-12',
    io,
    override: ({ jsonSchema }) => {
      // Later versions add fields; a strict vendor's validator must not refuse them.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return { title, ...schema };
}

/** The text of a schema file. */
export function schemaText(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
