import type { ComponentProps } from 'react';
import { Field, type FieldProps } from '../../design/field.tsx';
import { ACCOUNT_WORDS } from '../../i18n/account-words.ts';
import { useMessages } from '../../i18n/messages.ts';

/** One switch for all passwords of a form: typed blind, a long password is a lock-out. */
export function ShowPasswords({ shown, onChange }: { shown: boolean; onChange: (shown: boolean) => void }) {
  const t = useMessages(ACCOUNT_WORDS);
  return (
    <label className="choice">
      <input type="checkbox" checked={shown} onChange={(event) => onChange(event.target.checked)} />
      {t.signIn.showPassword}
    </label>
  );
}

export function PasswordField({ shown, ...props }: FieldProps & ComponentProps<'input'> & { shown: boolean }) {
  return <Field {...props} type={shown ? 'text' : 'password'} autoCapitalize="none" spellCheck={false} />;
}
