import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { communeFile } from '../protocol/inventory.ts';
import { scheduleFile } from '../protocol/schedules.ts';

/** The JSON schemas beside the files that people write, so that an editor completes and checks them. */
export function fileSchemas(): { path: string; text: string }[] {
  const write = (name: string, schema: z.ZodType, title: string): { path: string; text: string } => ({
    path: new URL(`../../schedules/${name}`, import.meta.url).pathname,
    text: `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) }, null, 2)}\n`,
  });
  return [
    write('schedule.schema.json', scheduleFile, 'Lịch phát (schedules)'),
    write('commune.schema.json', communeFile, 'Xã, ấp và cụm loa (commune, hamlets, clusters)'),
  ];
}

if (import.meta.main) for (const { path, text } of fileSchemas()) writeFileSync(path, text);
