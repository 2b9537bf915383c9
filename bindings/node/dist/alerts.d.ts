import type { AlertOptions } from './inputs.js';
import type { AlertReport, Analysis } from './types.js';
/**
 * What is to be told of artists and has not been told before, each alert with its evidence, and what has then been told.
 *
 * Built in are viral posts, a momentum index of 9 and a breakout probability of 0.8; `rules` are one's own. `fired` of the result is for
 * the next call: an event is told once, however often the job runs.
 *
 * Throws `INVALID_INPUT`, naming the rule or the analysis, the field, its value and the bound.
 */
export declare function alerts(current: Analysis | readonly Analysis[], given: AlertOptions): AlertReport;
