// A long list of rows of one height: only those near the part that can be seen are in the page. And the key to search it.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {changed} from './live.js';

// rows above and below, so that scrolling and the tab key find what comes next
const SPARE = 12;

export class Window {
  #id;
  #height;
  #scrolled = () => changed();

  /** @param height of a row in CSS pixels, as the style sheet has it */
  constructor(id, height) {
    this.#id = id;
    this.#height = height;
  }

  start() {
    addEventListener('scroll', this.#scrolled, {passive: true});
    addEventListener('resize', this.#scrolled);
  }

  stop() {
    removeEventListener('scroll', this.#scrolled);
    removeEventListener('resize', this.#scrolled);
  }

  /** A `tbody` of these rows. */
  body(rows, columns, key, draw) {
    const top = document.getElementById(this.#id)?.getBoundingClientRect().top ?? 0;
    const begin = Math.max(0, Math.min(rows.length, Math.floor(-top / this.#height) - SPARE));
    const end = Math.min(rows.length, begin + Math.ceil(innerHeight / this.#height) + 2 * SPARE);
    return html`<tbody id=${this.#id}>
      ${this.#gap(begin, columns)}
      ${repeat(rows.slice(begin, end), key, (row, i) => draw(row, begin + i + 2))}
      ${this.#gap(rows.length - end, columns)}
    </tbody>`;
  }

  #gap(rows, columns) {
    return rows ? html`<tr class="gap" aria-hidden="true"><td colspan=${columns} height=${rows * this.#height}></td></tr>` : nothing;
  }
}

/** The key that leads to a page's search. */
export function slash(event) {
  if (event.key === '/' && !event.target.closest?.('input, textarea, select') && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.getElementById('search')?.focus();
  }
}
