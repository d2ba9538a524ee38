import { type ComponentProps, type ReactNode, useId } from 'react';

export interface FieldProps {
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
