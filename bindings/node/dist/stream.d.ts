import { Engine } from './engine.js';
import type { Time } from './inputs.js';
import type { SeriesSpike, Verdict } from './types.js';
/** Finds spikes while they happen: the verdicts of `viral`, one reading at a time. */
export declare class SpikeStream {
    private readonly native;
    /** A stream whose first step begins at `start`; a step is 1 to 604,800 seconds, by default a day. */
    constructor(given: {
        start: Time;
        stepSeconds?: number;
    }, engine?: Engine);
    /** Takes the next reading, null (or NaN) where it is missing, and says what it was. */
    push(value: number | null): Verdict;
    /** The spike that goes on; null where none does. */
    get open(): SeriesSpike | null;
}
