import type { Signal } from './inputs.js'

/** Work that can be left and taken up again between any two steps, each of a fraction of a millisecond. */
export type Steps<T> = Generator<undefined, T, undefined>

/** How long the event loop may be held, milliseconds. */
const SLICE = 2

/** Does all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Does the steps in slices, and lets the event loop turn in between. */
export async function inSlices<T>(steps: Steps<T>, signal: Signal | undefined): Promise<T> {
  let start = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() - start > SLICE) {
      await turn()
      if (signal?.aborted === true) throw signal.reason
      start = performance.now()
    }
  }
}

/** The next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
