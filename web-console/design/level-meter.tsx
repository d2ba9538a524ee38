import classes from './level-meter.module.css';

const FLOOR_DB = -60;

/** Where a level stands on the meter, 0 to 1. */
export function meterPosition(levelDb: number): number {
  return Math.min(1, Math.max(0, (levelDb - FLOOR_DB) / -FLOOR_DB));
}

/** Level of a programme or a microphone, dBFS; the marked part is where speech should move. */
export function LevelMeter({ levelDb, label }: { levelDb: number; label: string }) {
  const rounded = Math.round(Math.max(FLOOR_DB, Math.min(0, levelDb)));
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> can't be drawn with a marked range in every browser
    <div
      className={classes.meter}
      role="meter"
      aria-label={label}
      aria-valuemin={FLOOR_DB}
      aria-valuemax={0}
      aria-valuenow={rounded}
      aria-valuetext={`${rounded} dB`}
    >
      <div className={classes.level} style={{ ['--level' as string]: meterPosition(levelDb) }} />
      <div className={classes.good} />
    </div>
  );
}
