import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './controller/store/schema/index.ts',
  out: './controller/store/migrations',
});
