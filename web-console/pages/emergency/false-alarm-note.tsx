import { IconMicrophone, IconRefresh } from '@tabler/icons-react';
import { useCommandsAvailable, useConsole, useLive } from '../../app/console-context.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { Note, useProblemWords } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { isEnded } from '../../live/live-state.ts';
import classes from './emergency.module.css';
import type { FalseAlarmTaking } from './use-false-alarm.ts';

interface FalseAlarmNoteProps {
  taking: FalseAlarmTaking;
  /** Saying it oneself, where no correction stands ready. */
  onSpeak: () => void;
}

/** `settled`: nothing more will come of it by itself, so that it can be put away. */
type Sentence = { text: string; tone: 'quiet' | 'warn'; next?: 'again' | 'speak'; settled?: true };

/** What became of the false alarm, above whatever the page shows: stopped or not, corrected or not, and what to do about it. */
export function FalseAlarmNote({ taking, onSpeak }: FalseAlarmNoteProps) {
  const t = useMessages();
  const words = useProblemWords();
  const { language } = useConsole().preferences;
  const live = useLive();
  const available = useCommandsAvailable();
  const { alarm } = taking;
  const say = t.emergency.falseAlarm;

  const sentence = (): Sentence | undefined => {
    switch (alarm?.step) {
      case undefined:
        return undefined;
      case 'stopping':
        return { text: say.stopping, tone: 'quiet' };
      case 'not_stopped':
        return { text: say.notStopped(words(alarm.problem)), tone: 'warn', next: 'again' };
      case 'looking':
        return { text: say.looking, tone: 'quiet' };
      case 'not_loaded':
        return { text: say.notLoaded(words(alarm.problem)), tone: 'warn', next: 'again' };
      case 'no_correction':
        return { text: say.noCorrection, tone: 'warn', next: 'speak' };
      case 'sending':
        return { text: say.sending(alarm.title), tone: 'quiet' };
      case 'unknown':
        return { text: say.unknown, tone: 'warn' };
      case 'refused':
        return { text: say.refused(words(alarm.problem)), tone: 'warn', next: 'again' };
      case 'acknowledged': {
        const broadcast = live.broadcasts.get(alarm.broadcast.broadcastId) ?? alarm.broadcast;
        if (live.link === 'lost') return { text: say.linkLost, tone: 'warn' };
        if (broadcast.status === 'on_air') return { text: say.onAir(alarm.title), tone: 'quiet' };
        if (broadcast.status === 'finished') return { text: say.finished(alarm.title), tone: 'quiet', settled: true };
        if (!isEnded(broadcast)) return { text: say.acknowledged(alarm.title), tone: 'quiet' };
        const reason = (language === 'en' ? broadcast.endReasonEn : broadcast.endReason) ?? '';
        return { text: say.failed(alarm.title, t.tally.status[broadcast.status], reason).trim(), tone: 'warn', next: 'again' };
      }
    }
  };
  const said = sentence();
  if (!said) return null;
  const unavailable = available ? undefined : t.link.noCommands;
  return (
    <div className={classes.falseAlarm}>
      <Note tone={said.tone} role={said.tone === 'warn' ? 'alert' : 'status'}>
        <div className="stack">
          <p>
            <strong>{said.text}</strong>
          </p>
          {said.next === 'again' && (
            <Button size="large" kind="primary" icon={<IconRefresh aria-hidden="true" />} unavailable={unavailable} onClick={taking.again}>
              {alarm?.step === 'not_stopped' ? say.stopAndCorrect : say.correct}
            </Button>
          )}
          {said.next === 'speak' && (
            <div className="row">
              <Button size="large" kind="primary" icon={<IconMicrophone aria-hidden="true" />} unavailable={unavailable} onClick={onSpeak}>
                {t.emergency.speak}
              </Button>
              <ButtonLink to="/library/write" search={{ purpose: 'correction' }}>
                {t.emergency.prepareCorrection}
              </ButtonLink>
            </div>
          )}
          {(said.settled || said.next) && (
            <div>
              <Button kind="plain" onClick={taking.dismiss}>
                {say.read}
              </Button>
            </div>
          )}
        </div>
      </Note>
    </div>
  );
}
