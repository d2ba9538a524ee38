import { useEffect, useRef } from 'react';
import { useConsole } from '../app/console-context.ts';
import classes from './waveform.module.css';

interface WaveformProps {
  /** Pairs of minimum and maximum, -128 to 127, evenly over the duration. */
  peaks: Int8Array;
  /** 0 to 1: what was played is drawn in the accent. */
  played: number;
  label: string;
}

const BAR_PX = 3;
const GAP_PX = 2;

/** Loudest excursion (0 to 1) of each of `bars` equal parts. */
export function barHeights(peaks: Int8Array, bars: number): number[] {
  const pairs = Math.floor(peaks.length / 2);
  return Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar * pairs) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * pairs) / bars));
    let loudest = 0;
    for (let pair = from; pair < Math.min(to, pairs); pair++) {
      loudest = Math.max(loudest, Math.abs(peaks[pair * 2] ?? 0), Math.abs(peaks[pair * 2 + 1] ?? 0));
    }
    return Math.min(1, loudest / 127);
  });
}

function draw(canvas: HTMLCanvasElement, peaks: Int8Array, played: number): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const heights = barHeights(peaks, Math.max(1, Math.floor(width / (BAR_PX + GAP_PX))));
  heights.forEach((loudness, index) => {
    const barHeight = Math.max(2, loudness * height);
    context.fillStyle = style.getPropertyValue(index / heights.length < played ? '--accent' : '--edge');
    context.fillRect(index * (BAR_PX + GAP_PX), (height - barHeight) / 2, BAR_PX, barHeight);
  });
}

export function Waveform({ peaks, played, label }: WaveformProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { theme } = useConsole().preferences;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme's colours are read from the document while drawing
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const redraw = (): void => draw(element, peaks, played);
    redraw();
    const observer = new ResizeObserver(redraw);
    observer.observe(element);
    return () => observer.disconnect();
  }, [peaks, played, theme]);
  return <canvas ref={canvas} className={classes.waveform} role="img" aria-label={label} />;
}
