import { type ReactNode, useState } from 'react';
import classes from './row-disclosure.module.css';

/**
 * A row of a list that opens: what is behind it is made only then. A commune may have thousands of poles, and each has a form.
 */
export function RowDisclosure({ summary, children }: { summary: ReactNode; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.row}>
      <details onToggle={(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)}>
        <summary>{summary}</summary>
        {open && <div className={`stack ${classes.body}`}>{children}</div>}
      </details>
    </li>
  );
}
