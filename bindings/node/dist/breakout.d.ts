import type { Prediction } from './types.js';
/** A learned model of breakouts, made by `train` or read from a model file. */
export declare class BreakoutModel {
    private readonly native;
    /** The model of a model file: its text, or what that is as an object. */
    constructor(model: string | object);
    /** The names of the features, in the order that `predict` takes. */
    get features(): string[];
    /** Where the model comes from and how good it is, as its file says. */
    get card(): Record<string, unknown>;
    /** The model file; a model that is made of it predicts the same, bit for bit. */
    toJson(): string;
    /** What the model file holds, as it stands there: coefficients, calibration, card. */
    get parameters(): Record<string, unknown>;
    /** The card as Markdown. */
    cardMarkdown(title?: string): string;
    /** One prediction per row of features; null or NaN = missing. */
    predict(rows: readonly (readonly (number | null)[])[]): Prediction[];
}
