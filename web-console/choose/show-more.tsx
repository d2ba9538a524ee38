import type { useBulletins } from '../api/bulletins.ts';
import { Button } from '../design/button.tsx';
import { LIBRARY_WORDS } from '../i18n/library-words.ts';
import { useMessages } from '../i18n/messages.ts';

/** How many bulletins are shown; and the older ones, when there are more. */
export function ShowMore({ list }: { list: ReturnType<typeof useBulletins> }) {
  const t = useMessages(LIBRARY_WORDS);
  if (!list.data?.more) return null;
  return (
    <div className="row">
      <Button busy={list.isPlaceholderData} onClick={list.showMore}>
        {t.library.more}
      </Button>
      <span className="small soft figure">{t.library.shown(list.data.bulletins.length)}</span>
    </div>
  );
}
