import type { Prediction } from './types.js';
/** A learned model of breakouts, as `fanpulse train` writes it. */
export declare class BreakoutModel {
    private readonly native;
    /** The model of a model file: its text, or what that is as an object. */
    constructor(model: string | object);
    /** The names of the features, in the order that `predict` takes. */
    get features(): string[];
    /** Where the model comes from and how good it is, as its file says. */
    get card(): Record<string, unknown>;
    /** One prediction per row of features; null or NaN = missing. */
    predict(rows: readonly (readonly (number | null)[])[]): Prediction[];
}
