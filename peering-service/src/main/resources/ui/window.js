// A long list of rows: only those near the part that can be seen are in the page. And the key to search it.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {changed} from './live.js';

// rows above and below, so that scrolling and the tab key find what comes next
const SPARE = 12;

export class Window {
  #id;
  #least;
  // of rows that are of different heights, those that have been drawn, by key; null: all are of one height
  #heights;
  #drawn = [];
  #scrolled = () => changed();
  #resized = () => {
    this.#heights?.clear();
    changed();
  };

  /**
   * @param height of a row in CSS pixels, as the style sheet has it
   * @param isEven all rows are of this height; otherwise none is lower, and each is measured once it is drawn
   */
  constructor(id, height, isEven = true) {
    this.#id = id;
    this.#least = height;
    this.#heights = isEven ? null : new Map();
  }

  start() {
    addEventListener('scroll', this.#scrolled, {passive: true});
    addEventListener('resize', this.#resized);
  }

  stop() {
    removeEventListener('scroll', this.#scrolled);
    removeEventListener('resize', this.#resized);
  }

  /** A `tbody` of these rows, each with a key of its own. */
  body(rows, columns, key, draw) {
    const place = document.getElementById(this.#id);
    this.#measure(place, rows.length);
    const height = (row) => this.#heights?.get(key(row)) ?? this.#least;
    const hidden = -(place?.getBoundingClientRect().top ?? 0);
    let begin = 0;
    let above = 0;
    while (begin < rows.length && above + height(rows[begin]) <= hidden) {
      above += height(rows[begin++]);
    }
    for (let spare = 0; spare < SPARE && begin > 0; spare++) {
      above -= height(rows[--begin]);
    }
    const end = Math.min(rows.length, begin + Math.ceil(innerHeight / this.#least) + 2 * SPARE);
    let below = 0;
    for (let i = end; i < rows.length; i++) {
      below += height(rows[i]);
    }
    const drawn = rows.slice(begin, end);
    this.#drawn = this.#heights ? drawn.map(key) : [];
    return html`<tbody id=${this.#id}>
      ${this.#gap(above, columns)}
      ${repeat(drawn, key, (row, i) => draw(row, begin + i + 2))}
      ${this.#gap(below, columns)}
    </tbody>`;
  }

  /** Those that were drawn last, before they are drawn anew. */
  #measure(place, most) {
    const lines = [...(place?.rows ?? [])].filter((line) => !line.classList.contains('gap'));
    if (!this.#heights || lines.length !== this.#drawn.length) {
      return;
    }
    if (this.#heights.size > 2 * most) {
      // of rows that are gone
      this.#heights.clear();
    }
    lines.forEach((line, i) => this.#heights.set(this.#drawn[i], line.getBoundingClientRect().height));
  }

  #gap(height, columns) {
    return height > 0 ? html`<tr class="gap" aria-hidden="true"><td colspan=${columns} height=${height}></td></tr>` : nothing;
  }
}

/** What is made of a value, made once for each value: a page is drawn each second, and what it shows is read seldom. */
export function once(make) {
  let of;
  let made;
  return (value) => {
    if (made === undefined || of !== value) {
      of = value;
      made = make(value);
    }
    return made;
  };
}

/** The key that leads to a page's search. */
export function slash(event) {
  if (event.key === '/' && !event.target.closest?.('input, textarea, select') && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.getElementById('search')?.focus();
  }
}
