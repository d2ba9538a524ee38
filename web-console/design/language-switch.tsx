import { useConsole } from '../app/console-context.ts';
import { ACCOUNT_WORDS } from '../i18n/account-words.ts';
import { LANGUAGES } from '../i18n/languages.ts';
import { useMessages } from '../i18n/messages.ts';

/** Each language by its own name, so that it can be found by who can't read the other. */
const NAMES = { vi: 'Tiếng Việt', en: 'English' };

export function LanguageSwitch() {
  const t = useMessages(ACCOUNT_WORDS);
  const { preferences, setPreferences } = useConsole();
  return (
    <fieldset>
      <legend className="visually-hidden">{t.settings.language}</legend>
      <div className="row">
        {LANGUAGES.map((language) => (
          <label key={language} className="choice" lang={language}>
            <input type="radio" name="language" checked={preferences.language === language} onChange={() => setPreferences({ language })} />
            {NAMES[language]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
