import { getRouteApi } from '@tanstack/react-router';
import { ALL_CLEAR_TOPIC, CORRECTION_TOPIC } from '../../../controller/protocol/prepared-topics.ts';
import { writeBulletin } from '../../api/bulletins.ts';
import { Office } from '../../design/office.tsx';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { TextForm } from './text-form.tsx';

const route = getRouteApi('/library/write');

/** Texts that the messages of an emergency begin with; the commune changes them as it needs. They are spoken, so always Vietnamese. */
const STARTS = {
  emergency: { title: '', class: 'emergency', topic: '', text: '' },
  correction: {
    title: 'Đính chính: thông báo nhầm',
    class: 'emergency',
    topic: CORRECTION_TOPIC,
    text: 'Thông báo vừa rồi là nhầm. Không có sự cố. Mong bà con yên tâm.',
  },
  'all-clear': {
    title: 'Hết tình huống khẩn cấp',
    class: 'emergency',
    topic: ALL_CLEAR_TOPIC,
    text: 'Tình huống khẩn cấp đã kết thúc.',
  },
} as const;

const EMPTY = { title: '', class: 'normal', topic: '', text: '' } as const;

/** A new bulletin, read by the voice. */
export function WritePage() {
  const t = useMessages(BULLETIN_WORDS);
  const { purpose } = route.useSearch();
  return (
    <Office>
      <TextForm
        key={purpose}
        title={t.write.title}
        start={purpose ? STARTS[purpose] : EMPTY}
        about={purpose ?? 'new'}
        submit={t.write.save}
        consequence={t.upload.nothingSounds}
        onSave={writeBulletin}
      />
    </Office>
  );
}
