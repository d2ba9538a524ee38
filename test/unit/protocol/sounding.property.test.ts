import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROADCAST_CLASSES } from '../../../controller/protocol/broadcast-class.ts';
import { soundingOf } from '../../../controller/protocol/sounding.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const some = fc.subarray(IDS);

describe('the count of clusters that sound', () => {
  it.each([
    ['a muted one is not missed, and named', 'normal', ['a'], [], { sounding: 3, due: 4, muted: 1 }],
    ['an emergency sounds on a muted one, which is missed where it doesn’t', 'emergency', ['a'], [], { sounding: 3, due: 5, muted: 0 }],
    ['one on which something else sounds is not missed', 'normal', [], ['b', 'c'], { sounding: 3, due: 3, muted: 0 }],
    ['muted and held off is one cluster', 'normal', ['b'], ['b'], { sounding: 3, due: 4, muted: 1 }],
    ['one that can’t sound is missed', 'normal', [], [], { sounding: 3, due: 5, muted: 0 }],
  ] as const)('%s', (_, itsClass, muted: readonly string[], heldOffClusterIds, expected) => {
    const broadcast = { class: itsClass, clusterIds: IDS, heldOffClusterIds: [...heldOffClusterIds], hearingClusters: 3 };
    expect(soundingOf(broadcast, (id) => muted.includes(id))).toEqual(expected);
  });

  it('is never more than are due, and an emergency never counts one less for a mute', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BROADCAST_CLASSES),
        some,
        some,
        some,
        fc.nat(5),
        (itsClass, clusterIds, heldOffClusterIds, muted, hearingClusters) => {
          const broadcast = { class: itsClass, clusterIds, heldOffClusterIds, hearingClusters };
          const count = soundingOf(broadcast, (id) => muted.includes(id));
          expect(count.sounding).toBeLessThanOrEqual(count.due);
          expect(count.due).toBeLessThanOrEqual(clusterIds.length);
          if (itsClass === 'emergency') expect(count).toEqual(soundingOf(broadcast, () => false));
        },
      ),
    );
  });
});
