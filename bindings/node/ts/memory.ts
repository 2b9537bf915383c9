/** Bytes that are kept from one call to the next. */
const MOST = 32 * 2 ** 20

/** Room for the columns of one call. */
export class Memory {
  private readonly kept = new Map<string, ArrayBuffer>()

  /** At least so many bytes for a table's columns; whatever was in them is still there. */
  take(table: string, bytes: number): ArrayBuffer {
    let buffer = this.kept.get(table)
    if (buffer === undefined || buffer.byteLength < bytes) {
      buffer = new ArrayBuffer(bytes)
      this.kept.set(table, buffer)
    }
    return buffer
  }

  get size(): number {
    let size = 0
    for (const { byteLength } of this.kept.values()) size += byteLength
    return size
  }
}

let spare: Memory | undefined

/** Does work that is over when `work` returns with the memory of the call before: new pages cost as much as what is written to them. */
export function withMemory<T>(work: (memory: Memory) => T): T {
  const memory = spare ?? new Memory()
  // A getter of a row may call FanPulse again: that call finds no spare memory and has its own.
  spare = undefined
  try {
    return work(memory)
  } finally {
    spare = memory.size > MOST ? undefined : memory
  }
}
