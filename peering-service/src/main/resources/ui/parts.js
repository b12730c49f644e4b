// What several pages show in the same way.
import {html, nothing} from './lit-html/lit-html.js';
import {changed} from './live.js';
import {ago, clockTime, duration, isMoment, moment, utc, zone} from './format.js';
import * as icons from './icons.js';

const HEALTH_WORDS = {passing: 'passing', warning: 'warning', critical: 'critical', maintenance: 'maintenance', none: 'no instance'};

/** A word with its colour and a shape, so that colour is never all that tells. */
export function badge(tone, text, title = '') {
  return html`<span class="badge ${tone}" title=${title || nothing}><span class="dot" aria-hidden="true"></span>${text}</span>`;
}

const TONES = {passing: 'ok', warning: 'warn', critical: 'bad', maintenance: 'off', none: 'off'};

export const health = (status, text = HEALTH_WORDS[status] ?? status) => badge(TONES[status] ?? 'off', text);

const PEER_TONES = {ACTIVE: 'ok', FAILING: 'bad', PENDING: 'warn', ESTABLISHING: 'warn', TERMINATED: 'off', DELETING: 'off'};

export const peerTone = (state) => PEER_TONES[state] ?? 'off';

export const peerState = (state) => badge(peerTone(state), state.toLowerCase());

/** When a peer was heard last, by its line or by the status of its stream, in milliseconds; null: never. */
export function heard({LastHeartbeat, LastReceive}) {
  const times = [LastHeartbeat, LastReceive].map(moment).filter((at) => at !== null);
  return times.length ? Math.max(...times) : null;
}

export const age = (at, now) => (at === null ? html`<span class="muted">never</span>` : ago(at, now));

/** A moment by this browser's clock; in UTC where somebody points at it. */
export const when = (at, now) => html`<time datetime=${new Date(at).toISOString()} title=${utc(at)}>${clockTime(at, now)}</time>`;

/** The same where it stands alone, with its zone. */
export const whenInZone = (at, now) => (isMoment(at) ? html`${when(at, now)} ${zone(at)}` : 'a day that no calendar has');

/** The worst status that a line of `/v1/hansa/services` tells of. */
export function worst(row) {
  for (const [count, status] of [[row.Maintenance, 'maintenance'], [row.Critical, 'critical'], [row.Warning, 'warning'], [row.Passing, 'passing']]) {
    if (count > 0) {
      return status;
    }
  }
  return 'none';
}

/** A mesh gateway, as the map and the page of a peer show it. */
export const gateway = (address, status, says) => ({address, tone: status === 'maintenance' ? 'bad' : TONES[status], says});

/** The gateways that a peer tells of, as `/v1/hansa/traffic` has them. */
export function gatewaysOf({Peer: peer, AllGateways: all, Gateways: listed}, isActive) {
  return {all, listed: listed.map((one) => gateway(one.Address, one.Status, `${one.Status}, as ${peer} ${isActive ? 'says' : 'said last'}`))};
}

/** The worst of some checks. */
export function worstOf(checks) {
  const order = ['maintenance', 'critical', 'warning', 'passing'];
  return order.find((status) => checks.some((check) => check.Status === status)) ?? 'passing';
}

export const serviceLink = (name, peer = '') => `#/services/${encodeURIComponent(name)}${peer ? `?peer=${encodeURIComponent(peer)}` : ''}`;
export const peerLink = (name) => `#/peers/${encodeURIComponent(name)}`;

export const entryLink = (kind, name) => `#/config/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;

/** `echo.peer.lke` of an explanation or event: where it is, in words for people. */
export function targetName(label) {
  const at = label.lastIndexOf('.peer.');
  return at < 0 ? {service: label, peer: ''} : {service: label.slice(0, at), peer: label.slice(at + 6)};
}

export function place(label, here) {
  const {service, peer} = targetName(label);
  return html`<span class="place"><b>${service}</b> <span class="chip ${peer ? 'far' : 'near'}">${peer || here}</span></span>`;
}

export const peerChip = (name) => html`<a class="chip far" href=${peerLink(name)}>${name}</a>`;

export const tag = (text) => html`<span class="chip">${text}</span>`;

const DENIED = 403;

/** Instead of what whoever looks may not see; the server names the right that is lacking. */
const refused = (sentence) => html`<div class="empty refused" role="alert">${icons.lock}<p class="empty-title">You may not see this</p><p>${sentence}</p></div>`;

/** What a page shows of a resource: its value, why there is none, or that it is on its way. */
export function shown(resource, view) {
  const {value, error, isFiltered} = resource;
  if (error?.status === DENIED) {
    return refused(error.message);
  }
  if (value === null) {
    return error ? problem(error.message) : html`<p class="waiting" role="status">Reading…</p>`;
  }
  return html`${error ? problem(`What is shown may be old: ${error.message}`) : nothing}
    ${isFiltered ? html`<p class="note" role="status">${icons.lock}<span>Some are left out, which your token may not see.</span></p>` : nothing}${view(value)}`;
}

/** What has just been done, or nothing yet: a region that stands before its words are in it, or screen readers say nothing of them. */
export const news = (words) => html`<div class="news" role="status">${words}</div>`;

export const problem = (sentence) => html`<p class="problem" role="alert">${icons.alert}<span>${sentence}</span></p>`;

export const empty = (title, text, more = nothing) => html`<div class="empty"><p class="empty-title">${title}</p><p>${text}</p>${more}</div>`;

export const field = (label, value) => html`<div class="field"><dt>${label}</dt><dd>${value}</dd></div>`;

export const millis = (value) => (value === null ? '–' : duration(value));

// in a window that is wider than this, every table has room
const slim = matchMedia('(max-width: 1240px)');

/** A table in a frame: where it is wider, it scrolls sideways in there, and the page never does. */
export const framed = (label, table, frame = '') => html`<div class="scroll ${frame}" role="region" aria-label=${label} tabindex=${slim.matches ? 0 : nothing}>${table}</div>`;

// where the keyboard begins in a box: what it says itself, or else the first field that can be filled in
const BEGIN = ['[autofocus]', 'form :is(input, select, textarea):not([readonly], :disabled, [type=radio]:not(:checked))'];

/** A box over the page. The browser keeps the keyboard in it and closes it at Escape. */
export class Dialog {
  #id;
  #closed;
  isOpen = false;

  /** @param closed is called whenever it has been closed, however */
  constructor(id, closed = () => {}) {
    this.#id = id;
    this.#closed = closed;
  }

  #element() {
    return document.getElementById(this.#id);
  }

  open() {
    this.isOpen = true;
    changed();
    // after the page has been drawn with what is in it
    requestAnimationFrame(() => {
      const element = this.#element();
      if (element && !element.open) {
        element.showModal();
        this.#begin();
      }
    });
  }

  close() {
    this.#element()?.close();
  }

  /** The browser would begin at the button that closes the box, where Enter does that. */
  #begin() {
    const found = BEGIN.map((one) => this.#element()?.querySelector(one)).find((one) => one);
    found?.focus();
  }

  /** Something else stands in it from now on. */
  turned() {
    changed();
    requestAnimationFrame(() => this.#begin());
  }

  draw(title, content) {
    const ended = () => {
      this.isOpen = false;
      this.#closed();
      changed();
    };
    return html`<dialog id=${this.#id} aria-labelledby="${this.#id}-title" @close=${ended}>
      <header><h2 id="${this.#id}-title">${title}</h2>
        <button type="button" class="plain" aria-label="Close" @click=${() => this.close()}>${icons.cross}</button></header>
      ${this.isOpen ? content() : nothing}</dialog>`;
  }
}

/**
 * What a box's form does when it is submitted.
 *
 * @param state of the box as it is open now, with `busy` and `refusal`
 * @param work given the state of the box that was submitted, which may be closed, and opened again, before the answer
 *   comes; what it throws is the refusal
 * @param after is called however it ends, with that state
 */
export function submitting(state, work, after = () => {}) {
  return async (event) => {
    event.preventDefault();
    const mine = state();
    if (mine.busy) {
      // the key was pressed twice; the button is out of use only when the page has been drawn again
      return;
    }
    mine.busy = true;
    mine.refusal = '';
    changed();
    try {
      await work(mine);
    } catch (error) {
      mine.refusal = error.message;
    }
    after(mine);
    mine.busy = false;
    changed();
  };
}

/** Puts a text into the clipboard; says on the button what became of it. */
export function copyButton(text, label) {
  const copy = async (event) => {
    const button = event.currentTarget;
    const words = button.querySelector('span');
    try {
      await navigator.clipboard.writeText(text());
      words.textContent = 'Copied';
    } catch {
      // pages that came without TLS may not; the text is selected, for the keyboard
      document.querySelector('[data-secret]')?.select();
      words.textContent = 'Press Ctrl+C';
    }
    // a button's new name is said to nobody who listens
    button.nextElementSibling.textContent = words.textContent;
  };
  return html`<button type="button" autofocus @click=${copy}>${icons.copy}<span>${label}</span></button><span class="hidden" role="status"></span>`;
}
