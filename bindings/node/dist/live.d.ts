import { Engine } from './engine.js';
import type { AsOf, Observation, Post } from './inputs.js';
import type { Analysis } from './types.js';
/** One artist that takes observations one at a time, in any order, and can be analysed at any moment: with the bits that `score` gives. */
export declare class LiveArtist {
    private readonly native;
    /** The artist's id. */
    readonly artistId: string;
    constructor(artistId: string, engine?: Engine);
    /** Takes an observation. One that repeats another exactly is dropped; another value for the same instant is an error. */
    observe({ platform, metric, observedAt, value }: Omit<Observation, 'artistId'>): void;
    /** Takes a post, or newer counts of one that it has. */
    observePost({ platform, postId, publishedAt, likes, comments, shares, saves, views }: Omit<Post, 'artistId'>): void;
    /** Observations that repeated another exactly and were dropped. */
    get droppedRows(): number;
    /** The analysis as of a day; what is dated after it plays no part. */
    analyze(given: AsOf): Analysis;
    /** How each number of the analysis came about, in words. */
    explain(given: AsOf): string;
}
