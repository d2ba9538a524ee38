import { type ReactNode, useId } from 'react';

interface SelectProps {
  label: string;
  value: string;
  onChange(value: string): void;
  hint?: string;
  id?: string;
  children: ReactNode;
}

/** The browser's own list: it is known to every thumb and every screen reader. */
export function Select({ label, value, onChange, hint, id, children }: SelectProps) {
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
      <select
        id={fieldId}
        className="input"
        value={value}
        aria-describedby={hint && `${fieldId}-hint`}
        onChange={(event) => onChange(event.target.value)}
      >
        {children}
      </select>
    </div>
  );
}
