import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaText, speakerProtocolSchemas } from './json-schemas.ts';

/** `npm run schemas`: writes docs/schemas. */
const folder = join(import.meta.dirname, '../../docs/schemas');
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(speakerProtocolSchemas())) writeFileSync(join(folder, name), schemaText(schema));
