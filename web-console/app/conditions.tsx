import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { CLEARED_CONDITION_SHOWN_MS } from '../../controller/protocol/conditions.ts';
import feedback from '../design/feedback.module.css';
import { clockTime } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import { useConsole, useLive } from './console-context.ts';

/** What the controller says of itself (disk nearly full, database restarting): in its words, as long as it lasts and a while after. */
export function Conditions() {
  const t = useMessages();
  const { preferences } = useConsole();
  const { conditions, stateAtMs } = useLive();
  return conditions
    .filter(({ clearedAtMs }) => clearedAtMs === undefined || clearedAtMs > (stateAtMs ?? 0) - CLEARED_CONDITION_SHOWN_MS)
    .map((condition) => (
      <div
        key={condition.code}
        role="status"
        data-condition={condition.code}
        className={`${feedback.banner} ${condition.clearedAtMs === undefined ? 'tone-warn' : 'tone-quiet'}`}
      >
        <p>
          {condition.clearedAtMs === undefined ? (
            <IconAlertTriangle size="1.2em" aria-hidden="true" />
          ) : (
            <>
              <IconCircleCheck size="1.2em" aria-hidden="true" /> <strong>{t.link.normalAgainAt(clockTime(condition.clearedAtMs))}</strong>
            </>
          )}{' '}
          {condition[preferences.language]}
        </p>
      </div>
    ));
}
