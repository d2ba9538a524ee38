/** Nobody can set an emergency to inaudible: 20 dB below full is a tenth of the amplitude, which beside a pole is still loud speech. */
export const EMERGENCY_VOLUME_FLOOR_DB = -20;
