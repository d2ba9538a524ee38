import { Device, type types } from 'mediasoup-client';

/** Runs in the browser; what the test lends it hangs on `window`. */
interface Lent {
  openMicrophone(): Promise<{ routerRtpCapabilities: types.RtpCapabilities; transport: types.TransportOptions }>;
  connectMicrophone(dtlsParameters: types.DtlsParameters): Promise<void>;
  produceMicrophone(rtpParameters: types.RtpParameters): Promise<string>;
  speak(frameMs: number): Promise<void>;
}
const lent = window as unknown as Lent;

lent.speak = async (frameMs) => {
  const opened = await lent.openMicrophone();
  const device = await Device.factory();
  await device.load({ routerRtpCapabilities: opened.routerRtpCapabilities });
  const transport = device.createSendTransport(opened.transport);
  transport.on('connect', ({ dtlsParameters }, done, failed) => void lent.connectMicrophone(dtlsParameters).then(done, failed));
  transport.on('produce', ({ rtpParameters }, done, failed) => {
    lent.produceMicrophone(rtpParameters).then((id) => done({ id }), failed);
  });
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 },
  });
  const track = stream.getAudioTracks()[0];
  if (!track) throw new Error('no microphone');
  await transport.produce({ track, codecOptions: { opusStereo: false, opusFec: true, opusDtx: false, opusPtime: frameMs } });
};
