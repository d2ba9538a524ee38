/** Nobody can set an emergency to inaudible: 20 dB below full is a tenth of the amplitude, which beside a pole is still loud speech. */
export const EMERGENCY_VOLUME_FLOOR_DB = -20;
/** As quiet as the volume of a pole goes: a thousandth of the amplitude, which nobody hears. */
const SILENT_VOLUME_DB = -60;

/** Whether a pole is set so that nothing but emergencies is heard from it: muted, or turned down to nothing. */
export function isSilenced(cluster: { muted: boolean; volumeDb: number }): boolean {
  return cluster.muted || cluster.volumeDb <= SILENT_VOLUME_DB;
}
