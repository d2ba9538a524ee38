import type { ReactNode } from 'react';
import { LanguageSwitch } from '../../design/language-switch.tsx';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './sign-in.module.css';

/** The page around the two forms that come before the console. */
export function SignInFrame({ title, children }: { title: string; children: ReactNode }) {
  const t = useMessages(ACCOUNT_WORDS);
  return (
    <main className={classes.page}>
      <div className={`${classes.box} stack-wide`}>
        <div className={classes.brand}>
          <img src="/icon.svg" alt="" />
          <div>
            <h1>Loa Xã</h1>
            <p className="soft">{t.signIn.subtitle}</p>
          </div>
        </div>
        <section className="card stack" aria-labelledby="form-title">
          <h2 id="form-title">{title}</h2>
          {children}
        </section>
        <LanguageSwitch />
      </div>
    </main>
  );
}
