import { eq } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import { type Store, schema } from '../store/index.ts';

const SETTING = 'commune.kind';

interface PurposeOptions {
  store: Store;
  /** The data directory, or where DATABASE_URL leads: what the person has to choose differently. */
  place: string;
  isDemo: boolean;
}

/**
 * Keeps a database what it was first used for: the demo would put its simulated poles among a commune's real ones, and a commune that began in the
 * demo's database would keep sixty poles that do not exist.
 * @throws AppError `demo.other_purpose`
 */
export async function requirePurpose({ store, place, isDemo }: PurposeOptions): Promise<void> {
  const { settings } = schema;
  const wanted = isDemo ? 'demo' : 'real';
  await store.db.insert(settings).values({ key: SETTING, value: wanted }).onConflictDoNothing();
  const [row] = await store.db.select().from(settings).where(eq(settings.key, SETTING));
  if (row?.value !== wanted) throw otherPurpose(place, isDemo);
}

function otherPurpose(place: string, isDemo: boolean): AppError {
  return new AppError({
    code: 'demo.other_purpose',
    status: 409,
    words: isDemo
      ? {
          vi: `${place} đang chứa dữ liệu của một xã thật; xã mẫu không được trộn vào. Hãy thêm --no-demo để chạy xã đó, hoặc cho xã mẫu nơi khác (--data-dir, DATABASE_URL).`,
          en: `${place} holds a real commune, and the demo must not be mixed into it. Add --no-demo to run that commune, or give the demo another place (--data-dir, DATABASE_URL).`,
        }
      : {
          vi: `${place} đang chứa xã mẫu với các cụm loa mô phỏng; xã thật cần nơi riêng. Hãy chọn nơi khác (--data-dir, DATABASE_URL), hoặc bỏ --no-demo để chạy lại xã mẫu.`,
          en: `${place} holds the demo commune with its simulated speakers; a real commune needs a place of its own. Choose another (--data-dir, DATABASE_URL), or leave out --no-demo to run the demo again.`,
        },
    details: { place },
  });
}
