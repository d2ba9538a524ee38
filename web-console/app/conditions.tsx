import { IconAlertTriangle } from '@tabler/icons-react';
import feedback from '../design/feedback.module.css';
import { useConsole, useLive } from './console-context.ts';

/** What the controller says of itself (disk nearly full, database restarting): in its words, as long as it lasts. */
export function Conditions() {
  const { preferences } = useConsole();
  const { conditions } = useLive();
  return conditions.map((condition) => (
    <div key={condition.code} role="status" className={`${feedback.banner} tone-warn`}>
      <p>
        <IconAlertTriangle size="1.2em" aria-hidden="true" /> {condition[preferences.language]}
      </p>
    </div>
  ));
}
