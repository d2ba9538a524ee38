import { Progress } from '@mantine/core';
import { Office } from '../../design/office.tsx';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { LIBRARY_WORDS } from '../../i18n/library-words.ts';
import { useMessages } from '../../i18n/messages.ts';

/** How far the server is with loudness and the master; null while it has said nothing. */
export function IngestProgress({ progress }: { progress: number | null }) {
  const t = useMessages(BULLETIN_WORDS, LIBRARY_WORDS);
  const percent = progress === null ? null : Math.round(progress * 100);
  return (
    <Office>
      <div className="card stack">
        <p role="status" className="figure">
          {t.library.status.processing(percent)}
        </p>
        <Progress value={percent ?? 0} aria-label={t.upload.progress} />
        <p className="soft">{t.bulletin.mayLeave}</p>
      </div>
    </Office>
  );
}
