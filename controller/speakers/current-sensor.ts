import { NO_CURRENT_MA } from '../protocol/media.ts';

interface ToldCurrent {
  amplifierCurrentMa?: number | undefined;
}

/** Whether this shows that the device really measures its amplifier's current: a working one draws some, be it asleep. */
export function showsCurrent({ amplifierCurrentMa = 0 }: ToldCurrent): boolean {
  return amplifierCurrentMa >= NO_CURRENT_MA;
}

/**
 * What a device tells, without a current that means nothing: old hardware has the figure, but no sensor behind it, and always says 0. It counts as not measured until the
 * device has shown current once; from then on none is none. Pure.
 * @param hasShown it has shown current before
 */
export function withMeantCurrent<Told extends ToldCurrent>(told: Told, hasShown: boolean): Told {
  if (hasShown || told.amplifierCurrentMa === undefined || showsCurrent(told)) return told;
  const { amplifierCurrentMa: _, ...rest } = told;
  return rest as Told;
}
