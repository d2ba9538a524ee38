import { IconAlertTriangle, IconHourglass, IconPencil } from '@tabler/icons-react';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { useBulletinProgress } from '../../app/console-context.ts';
import { StateChip } from '../../design/state-bar.tsx';
import { LIBRARY_WORDS } from '../../i18n/library-words.ts';
import { useMessages } from '../../i18n/messages.ts';

/** Why a bulletin can't be played yet, or at all. */
export function BulletinStatus({ bulletin }: { bulletin: Bulletin }) {
  const t = useMessages(LIBRARY_WORDS);
  const progress = useBulletinProgress(bulletin.bulletinId);
  switch (bulletin.status) {
    case 'ready':
      return null;
    case 'failed':
      return (
        <StateChip tone="warn" icon={<IconAlertTriangle size="1.1em" aria-hidden="true" />}>
          {t.library.status.failed}
        </StateChip>
      );
    case 'processing':
      return (
        <StateChip tone="unknown" icon={<IconHourglass size="1.1em" aria-hidden="true" />}>
          {t.library.status.processing(progress ? Math.round(progress * 100) : null)}
        </StateChip>
      );
    case 'draft':
      return (
        <StateChip tone="unknown" icon={<IconPencil size="1.1em" aria-hidden="true" />}>
          {t.library.status.draft}
        </StateChip>
      );
  }
}
