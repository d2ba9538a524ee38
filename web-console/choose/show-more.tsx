import { Button } from '../design/button.tsx';
import { useMessages } from '../i18n/messages.ts';

interface ShowMoreProps {
  count: number;
  /** Of a list that comes page by page. */
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** How many bulletins are shown; and the older ones, when there are more. */
export function ShowMore({ count, list }: ShowMoreProps) {
  const t = useMessages();
  if (!list.hasNextPage) return null;
  return (
    <div className="row">
      <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {t.library.more}
      </Button>
      <span className="small soft figure">{t.library.shown(count)}</span>
    </div>
  );
}
