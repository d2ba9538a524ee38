import { Device, type types } from 'mediasoup-client';

/** Runs in the browser; what the bench lends it, and what it answers, hangs on `window`. */
interface Lent {
  openMicrophone(): Promise<{ routerRtpCapabilities: types.RtpCapabilities; transport: types.TransportOptions }>;
  connectMicrophone(dtlsParameters: types.DtlsParameters): Promise<void>;
  produceMicrophone(rtpParameters: types.RtpParameters): Promise<string>;
  /** A click left the mouth at this instant, epoch ms. */
  clicked(atMs: number): Promise<void>;
  speakClicks(options: { frameMs: number; periodMs: number; click: number[] }): Promise<void>;
  fallSilent(): Promise<void>;
}
const lent = window as unknown as Lent;

/**
 * The microphone: clicks in a little noise (a room is never digitally silent). Rendering happens in bursts, as a sound card delivers
 * captured buffers: a sample counts as spoken when it would have been captured if the last of each burst were handed over at once.
 */
const MOUTH = `
registerProcessor('mouth', class extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.click = processorOptions.click;
    this.periodFrames = (processorOptions.periodMs / 1000) * sampleRate;
    this.nextFrame = currentFrame + this.periodFrames;
    this.ages = new Float64Array(2048).fill(Infinity);
    this.rendered = 0;
    this.playing = -1;
  }
  process(_inputs, [output]) {
    const channel = output[0];
    this.ages[this.rendered++ % this.ages.length] = Date.now() - ((currentFrame + channel.length) / sampleRate) * 1000;
    for (let i = 0; i < channel.length; i++) {
      const frame = currentFrame + i;
      if (frame >= this.nextFrame) {
        this.nextFrame += this.periodFrames;
        this.playing = 0;
        this.port.postMessage((frame / sampleRate) * 1000 + Math.min(...this.ages));
      }
      const sound = this.playing >= 0 && this.playing < this.click.length ? this.click[this.playing++] : 0;
      channel[i] = sound + 0.002 * (Math.random() - 0.5);
    }
    return true;
  }
});`;

let end = (): void => {};

lent.speakClicks = async ({ frameMs, periodMs, click }) => {
  const context = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([MOUTH], { type: 'text/javascript' })));
  const mouth = new AudioWorkletNode(context, 'mouth', { numberOfInputs: 0, processorOptions: { periodMs, click } });
  mouth.port.onmessage = ({ data }: MessageEvent<number>) => void lent.clicked(data);
  const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  mouth.connect(destination);
  await context.resume();

  const opened = await lent.openMicrophone();
  const device = await Device.factory();
  await device.load({ routerRtpCapabilities: opened.routerRtpCapabilities });
  const transport = device.createSendTransport(opened.transport);
  transport.on('connect', ({ dtlsParameters }, done, failed) => void lent.connectMicrophone(dtlsParameters).then(done, failed));
  transport.on('produce', ({ rtpParameters }, done, failed) => {
    lent.produceMicrophone(rtpParameters).then((id) => done({ id }), failed);
  });
  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error('the destination has no track');
  const codecOptions = { opusStereo: false, opusFec: true, opusDtx: false, opusPtime: frameMs, opusMaxAverageBitrate: 48_000 };
  await transport.produce({ track, codecOptions });
  end = () => {
    transport.close();
    void context.close();
  };
};

lent.fallSilent = async () => end();
