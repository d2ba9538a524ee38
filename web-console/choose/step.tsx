import type { ReactNode } from 'react';
import classes from './steps.module.css';

/** A numbered part of a form: what, where, when. */
export function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <section className={classes.step} aria-label={title}>
      <h2 className={classes.title}>
        <span className={classes.number} aria-hidden="true">
          {number}
        </span>
        {title}
      </h2>
      <div className={classes.body}>{children}</div>
    </section>
  );
}
