// How many there are in a second, from counts that only grow and are read now and then.

// two readings that are nearer say little
const LEAST = 900;

export class Pace {
  #reading = null;
  #at = 0;
  // of the last reading: by key, the count, and how many in a second until then
  #known = new Map();

  /**
   * Call it whenever the page is drawn; a reading that is known is left alone.
   *
   * @param reading the answer itself, which is another after each reading
   * @param counts pairs of a key and a count; null: not known
   */
  take(reading, counts) {
    const at = performance.now();
    if (reading === this.#reading || at - this.#at < LEAST) {
      return;
    }
    const seconds = (at - this.#at) / 1000;
    const before = this.#known;
    // only what is there now is kept
    this.#known = new Map();
    for (const [key, count] of counts) {
      if (count !== null) {
        const was = before.get(key);
        // one that counts less has started again
        this.#known.set(key, {count, rate: was && count >= was.count ? (count - was.count) / seconds : null});
      }
    }
    this.#reading = reading;
    this.#at = at;
  }

  /** In a second; null: not known, as after the first reading. */
  rate(key) {
    return this.#known.get(key)?.rate ?? null;
  }
}

/** `3.4/s`; the fewer, the more exact. */
export function perSecond(rate) {
  return `${rate >= 10 || rate === 0 ? Math.round(rate) : rate.toFixed(1)}/s`;
}
