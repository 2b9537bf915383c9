/** What to do about an error. */
export type ErrorCode = 'INVALID_INPUT' | 'INSUFFICIENT_DATA' | 'NOT_FOUND' | 'INTERNAL';
/** Where an error lies, as far as it is known. */
export interface Place {
    /** `observations`, `posts` or `fanEvents`. */
    table?: string;
    /** Row of the table, from 0. */
    row?: number;
    column?: string;
    /** The value as text. */
    value?: string;
}
/** What every call of FanPulse throws or rejects with, unless it is an error of the caller's own or the reason of a signal. */
export declare class FanPulseError extends Error {
    readonly name = "FanPulseError";
    /** What to do about it: mend the input; bring more data; look for another name; report a bug. */
    readonly code: ErrorCode;
    /** The table of rows that it is about. */
    readonly table: string | undefined;
    /** The row, from 0. */
    readonly row: number | undefined;
    /** The column, field or argument. */
    readonly column: string | undefined;
    /** The value as text. */
    readonly value: string | undefined;
}
