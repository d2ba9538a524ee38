import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { LONGEST_ATTENTION_MS, SHORTEST_ATTENTION_MS, WARNING_SIGNALS } from '../../../controller/protocol/attention-signals.ts';
import type { EmergencySettings, EmergencySettingsView } from '../../../controller/protocol/settings.ts';
import { EMERGENCY_SETTINGS_KEY, putEmergencySettings, useEmergencySettings } from '../../api/settings.ts';
import { useCommandsAvailable, useConsole, useSession } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, LoadingSkeleton, LoadProblem, Note, useProblemWords } from '../../design/feedback.tsx';
import { number } from '../../formats/number.ts';
import { ATTENTION_WORDS } from '../../i18n/attention-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { ListenButton } from './listen-button.tsx';
import classes from './settings.module.css';

const STEP_MS = 500;

/** By what people know that an emergency begins: chosen by the administrator, seen and listened to by everybody. */
export function EmergencySettingsCard() {
  const t = useMessages();
  const say = ATTENTION_WORDS[useConsole().preferences.language];
  const settings = useEmergencySettings();
  return (
    <section className="card stack" aria-labelledby="attention-title">
      <div>
        <h2 id="attention-title">{say.title}</h2>
        <p className="soft">{say.lead}</p>
      </div>
      {settings.isPending && <LoadingSkeleton rows={4} heightRem={3} awaited={t.loading.settings} />}
      {settings.isError && <LoadProblem problem={settings.error} retry={() => void settings.refetch()} />}
      {settings.data && <Choice stored={settings.data} />}
    </section>
  );
}

function Choice({ stored }: { stored: EmergencySettingsView }) {
  const t = useMessages();
  const words = useProblemWords();
  const queries = useQueryClient();
  const available = useCommandsAvailable();
  const mayChange = useSession().permissions.includes('administer');
  const [chosen, setChosen] = useState<EmergencySettings>({ attentionSignal: stored.attentionSignal, attentionMs: stored.attentionMs });
  const [saving, setSaving] = useState(false);
  const [said, setSaid] = useState<{ problem?: unknown; saved?: true }>({});
  const change = (part: Partial<EmergencySettings>): void => {
    setChosen({ ...chosen, ...part });
    setSaid({});
  };
  const save = async (): Promise<void> => {
    setSaving(true);
    try {
      queries.setQueryData(EMERGENCY_SETTINGS_KEY, await putEmergencySettings(chosen));
      setSaid({ saved: true });
    } catch (problem) {
      setSaid({ problem });
    }
    setSaving(false);
  };
  const { language } = useConsole().preferences;
  const say = ATTENTION_WORDS[language];
  const seconds = (ms: number): string => number(ms / 1000, language);
  return (
    <>
      <fieldset className="stack">
        <legend className="visually-hidden">{say.title}</legend>
        {WARNING_SIGNALS.map((signal) => (
          <div key={signal} className={classes.signal}>
            <label className="choice">
              <input
                type="radio"
                name="attention-signal"
                checked={chosen.attentionSignal === signal}
                disabled={!mayChange}
                onChange={() => change({ attentionSignal: signal })}
              />
              {say.signals[signal]}
            </label>
            <ListenButton signal={signal} durationMs={chosen.attentionMs} />
          </div>
        ))}
      </fieldset>
      <p className="small soft">{say.onlyHere}</p>
      <div className="field">
        <div className="spread">
          <label className="label" htmlFor="attention-length">
            {say.length}
          </label>
          <output className="figure" htmlFor="attention-length">
            {say.seconds(seconds(chosen.attentionMs))}
          </output>
        </div>
        <input
          type="range"
          id="attention-length"
          className={classes.range}
          min={SHORTEST_ATTENTION_MS}
          max={LONGEST_ATTENTION_MS}
          step={STEP_MS}
          value={chosen.attentionMs}
          disabled={!mayChange}
          aria-valuetext={say.seconds(seconds(chosen.attentionMs))}
          onChange={(event) => change({ attentionMs: event.currentTarget.valueAsNumber })}
        />
      </div>
      {stored.longestWakeUpMs > 0 && (
        <Note tone="quiet">{say.wakeUp(seconds(stored.longestWakeUpMs), seconds(stored.longestAttentionMs))}</Note>
      )}
      {said.problem !== undefined && <ErrorSummary problems={[{ text: words(said.problem) }]} />}
      {said.saved && (
        <Note tone="quiet" role="status">
          {say.saved}
        </Note>
      )}
      {mayChange ? (
        <div>
          <Button kind="primary" busy={saving} unavailable={available ? undefined : t.link.noCommands} onClick={() => void save()}>
            {say.save}
          </Button>
        </div>
      ) : (
        <p className="small soft">{say.onlyAdministrator}</p>
      )}
    </>
  );
}
