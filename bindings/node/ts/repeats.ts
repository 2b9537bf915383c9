/** Places for the posts of one artist. */
const PLACES = 1024
/** Places that are looked at for one post. */
const TRIES = 32

/**
 * Whether a post may stand twice, found while rows are read. An artist's posts are put into a small table by the ends of their ids;
 * where rows are not in the order of the artists, or too many ids fall together, the answer is that one may.
 */
export class Repeats {
  possible = false
  private readonly places = new Int32Array(PLACES).fill(-1)
  /** The first row of the artist; what lies before is of others. */
  private first = 0

  constructor(
    private readonly ids: readonly string[],
    private readonly platform: Uint16Array,
  ) {}

  /** Posts of another artist begin. */
  artist(row: number, code: number, before: number): void {
    if (code < before) this.possible = true
    this.first = row
  }

  /** Takes a post. */
  post(row: number, id: string, platform: number): void {
    if (this.possible) return
    const { places, first } = this
    const { length } = id
    let mark = length + platform
    for (let i = length > 4 ? length - 4 : 0; i < length; i += 1) mark = (Math.imul(mark, 31) + id.charCodeAt(i)) | 0
    let place = (Math.imul(mark, 0x9e3779b1) >>> 22) & (PLACES - 1)
    for (let tries = 0; tries < TRIES; tries += 1) {
      const other = places[place]
      if (other < first) {
        places[place] = row
        return
      }
      if (this.platform[other] === platform && this.ids[other] === id) break
      place = (place + 1) & (PLACES - 1)
    }
    this.possible = true
  }
}
