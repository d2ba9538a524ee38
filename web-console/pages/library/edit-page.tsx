import { getRouteApi } from '@tanstack/react-router';
import type { BulletinClass } from '../../../controller/protocol/programmes.ts';
import { changeBulletin, useBulletin } from '../../api/bulletins.ts';
import { NotFound } from '../../app/route-problem.tsx';
import { LoadingSkeleton, LoadProblem } from '../../design/feedback.tsx';
import { Office } from '../../design/office.tsx';
import { DRAFT_WORDS } from '../../i18n/draft-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { TextForm } from './text-form.tsx';

const route = getRouteApi('/library/$bulletinId/edit');

/** The text of a bulletin that was written here, changed and read anew. */
export function EditPage() {
  const t = useMessages();
  const say = DRAFT_WORDS[t.language];
  const { bulletinId } = route.useParams();
  const { data: bulletin, isPending, isError, error, refetch } = useBulletin(bulletinId);
  if (isPending) return <LoadingSkeleton rows={5} awaited={t.loading.bulletins} />;
  if (isError) return <LoadProblem problem={error} retry={() => void refetch()} />;
  if (bulletin.text === null || bulletin.text === undefined) return <NotFound />;
  const { title, topic, text } = bulletin;
  return (
    <Office>
      <TextForm
        key={bulletinId}
        title={say.editTitle}
        start={{ title, topic, text, class: bulletin.class as BulletinClass }}
        about={bulletinId}
        submit={say.editSave}
        consequence={say.editConsequence}
        onSave={(written) => changeBulletin(bulletinId, written)}
      />
    </Office>
  );
}
