import { type ComponentProps, type ReactNode, useId } from 'react';
import { ACCOUNT_WORDS } from '../i18n/account-words.ts';
import { useMessages } from '../i18n/messages.ts';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  problem?: string | undefined;
}

/** Label, hint, field, problem: in this order, bound together for screen readers. */
export function Field({ label, hint, problem, id, ...rest }: FieldProps & ComponentProps<'input'>) {
  const ownId = useId();
  const fieldId = id ?? ownId;
  return (
    <div className="field">
      <label className="label" htmlFor={fieldId}>
        {label}
      </label>
      {hint && (
        <p className="hint" id={`${fieldId}-hint`}>
          {hint}
        </p>
      )}
      <input
        {...rest}
        id={fieldId}
        className="input"
        aria-invalid={Boolean(problem) || undefined}
        aria-describedby={[hint && `${fieldId}-hint`, problem && `${fieldId}-problem`].filter(Boolean).join(' ') || undefined}
      />
      {problem && (
        <p className="problem" id={`${fieldId}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

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
