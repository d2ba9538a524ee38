import { IconLogout } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { keepSession, logOut } from '../../api/session.ts';
import { useConsole, useSession } from '../../app/console-context.ts';
import type { Preferences } from '../../app/preferences.ts';
import { SESSION_KEY } from '../../app/signed-in.tsx';
import { Button } from '../../design/button.tsx';
import { Note, useProblemWords } from '../../design/feedback.tsx';
import { LanguageSwitch } from '../../design/language-switch.tsx';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { PasswordForm } from '../sign-in/password-form.tsx';
import { CommuneLinks } from './commune-links.tsx';
import { EmergencySettingsCard } from './emergency-settings.tsx';

const THEME_CHOICES: readonly Preferences['theme'][] = ['system', 'light', 'dark', 'sun'];

/** What belongs to this person and this browser; and the commune's emergencies. */
export function SettingsPage() {
  const t = useMessages(ACCOUNT_WORDS);
  const words = useProblemWords();
  const session = useSession();
  const queries = useQueryClient();
  const { preferences, setPreferences, feed } = useConsole();
  const [changed, setChanged] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  const leave = async (): Promise<void> => {
    try {
      await logOut();
      keepSession(localStorage, null);
      feed.forget();
      queries.setQueryData(SESSION_KEY, null);
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
    } catch (failure) {
      setProblem(failure);
    }
  };

  return (
    <div className="page narrow stack-wide">
      <div>
        <h1>{t.settings.title}</h1>
        <p className="soft">
          {session.user.displayName} · {t.roles[session.user.role]}
        </p>
      </div>
      <CommuneLinks />
      <section className="card stack" aria-labelledby="language-title">
        <h2 id="language-title">{t.settings.language}</h2>
        <LanguageSwitch />
      </section>
      <section className="card stack" aria-labelledby="theme-title">
        <h2 id="theme-title">{t.settings.theme}</h2>
        <fieldset className="stack">
          <legend className="visually-hidden">{t.settings.theme}</legend>
          {THEME_CHOICES.map((theme) => (
            <label key={theme} className="choice">
              <input type="radio" name="theme" checked={preferences.theme === theme} onChange={() => setPreferences({ theme })} />
              {t.settings.themes[theme]}
            </label>
          ))}
        </fieldset>
      </section>
      <section className="card stack" aria-labelledby="guard-title">
        <h2 id="guard-title">{t.settings.guard}</h2>
        <label className="choice">
          <input
            type="checkbox"
            checked={preferences.countdownInsteadOfHold}
            onChange={(event) => setPreferences({ countdownInsteadOfHold: event.currentTarget.checked })}
          />
          {t.settings.countdown}
        </label>
      </section>
      <EmergencySettingsCard />
      <section className="card stack" aria-labelledby="password-title">
        <h2 id="password-title">{t.password.title}</h2>
        {changed && (
          <Note tone="quiet" role="status">
            {t.password.changed}
          </Note>
        )}
        <PasswordForm onChanged={() => setChanged(true)} />
      </section>
      <div>
        {problem !== undefined && <p role="alert">{words(problem)}</p>}
        <Button size="large" wide icon={<IconLogout aria-hidden="true" />} onClick={() => void leave()}>
          {t.settings.signOut}
        </Button>
      </div>
    </div>
  );
}
