// How long certificates last, and by what they are told apart.
import {html, svg} from './lit-html/lit-html.js';
import {changed, now} from './live.js';
import {fingerprint} from './der.js';
import {count, day, duration, utc} from './format.js';
import {badge} from './parts.js';

const DAY = 86_400_000;
// as `hansa doctor` has it
const SOON = 30;
// a rotation waits for three days, unless told otherwise, and takes three steps
const NOW = 10;
// a proxy renews its certificate when two thirds of its life are over
const RENEWED = 1 / 3;

function tone(days) {
  if (days < NOW) {
    return 'bad';
  }
  return days < SOON ? 'warn' : 'ok';
}

const bar = (from, until) => {
  const spent = Math.min(100, Math.max(0, ((now() - from) / (until - from)) * 100));
  return html`<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">${svg`<rect class="all" width="100" height="4"></rect><rect class="left" x=${spent} width=${100 - spent} height="4"></rect>`}</svg>`;
};

/** How much of a root's life is over, and how many days are left. */
export function life(from, until) {
  const days = Math.floor((until - now()) / DAY);
  return html`<div class="life ${tone(days)}">${bar(from, until)}
    ${until <= now() ? badge('bad', 'expired') : badge(tone(days), `${count(days, 'day')} left`)} <span class="muted" title="${utc(from)} to ${utc(until)}">${day(from)} to ${day(until)}</span></div>`;
}

/** The same of a proxy's certificate, which is renewed by itself. */
export function leafLife(from, until) {
  const left = until - now();
  const isLate = left < (until - from) * RENEWED;
  const kind = left <= 0 ? 'bad' : isLate ? 'warn' : 'ok';
  return html`<div class="life ${kind}">${bar(from, until)}
    ${left <= 0 ? badge('bad', 'expired') : badge(kind, `${duration(left)} left`)}
    <span class="muted">${left <= 0 ? 'Its peers refuse it.' : isLate ? 'Less than a third of its life is left: its renewal is overdue.' : `of ${duration(until - from)}, renewed by itself`}</span></div>`;
}

/** By certificate, as it takes a moment to compute. */
export class Fingerprints {
  #known = new Map();

  of(pem) {
    if (!this.#known.has(pem)) {
      this.#known.set(pem, '');
      fingerprint(pem).then((words) => {
        this.#known.set(pem, words);
        changed();
      }, () => {});
    }
    return html`<span class="code">${this.#known.get(pem) || 'not computed by this browser'}</span>`;
  }
}
