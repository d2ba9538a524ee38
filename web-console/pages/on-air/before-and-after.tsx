import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import classes from './before-and-after.module.css';
import { EndedList } from './ended-list.tsx';
import { NextList } from './next-list.tsx';

/** What comes next and how the last ones went: fetched after the page is drawn, for it is not what a person comes for first. */
export function BeforeAndAfter({ next, past }: { next: readonly BroadcastSummary[]; past: readonly BroadcastSummary[] }) {
  return (
    <div className={classes.columns}>
      {next.length > 0 && <NextList broadcasts={next} />}
      {past.length > 0 && <EndedList broadcasts={past} />}
    </div>
  );
}
