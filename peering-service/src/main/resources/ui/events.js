// What has happened of late, as the server that leads has seen it: the newest first, and live.
import {html} from './lit-html/lit-html.js';
import {live as bound} from './lit-html/directives/live.js';
import {changed, now, Resource} from './live.js';
import {ago, count, moment} from './format.js';
import * as icons from './icons.js';
import {empty, entryLink, framed, peerLink, serviceLink, shown, tag, when, whenInZone} from './parts.js';
import {slash, Window} from './window.js';

// a leader is told of some of it without anything that changes for it
const EVERY = 3000;
// of an event of one line, in CSS pixels
const ROW = 40;

const KINDS = [
  ['', 'Everything'],
  ['health', 'Health'],
  ['peering', 'Peerings'],
  ['sidecar', 'Sidecars and gateways'],
  ['failover', 'Failovers'],
  ['config', 'Config entries and controls'],
  ['server', 'Servers and authority'],
];

/** Where there is a page of what it is about. */
function about({Kind: kind, About: name}) {
  switch (kind) {
    case 'health':
    case 'sidecar':
    case 'failover':
      return serviceLink(name);
    case 'peering':
      return peerLink(name);
    case 'config':
      return name.includes('/') ? entryLink(...name.split('/', 2)) : '#/failovers';
    default:
      return '';
  }
}

export function events({query, datacenter}) {
  const list = new Resource('hansa/history', ['services', 'config', 'peerings', 'failovers'], EVERY);
  const rows = new Window('happenings', ROW, false);
  const state = {text: '', kind: KINDS.some(([kind]) => kind === query.get('kind')) ? query.get('kind') : ''};

  const set = (change) => {
    Object.assign(state, change);
    changed();
  };

  function chosen(all) {
    const words = state.text.toLowerCase().split(/\s+/).filter((word) => word);
    return all.filter((one) => (!state.kind || one.Kind === state.kind) && words.every((word) => one.About.toLowerCase().includes(word) || one.Sentence.toLowerCase().includes(word)));
  }

  function line(one, index) {
    const at = moment(one.At);
    const where = about(one);
    return html`<tr data-kind=${one.Kind} aria-rowindex=${index}><td class="time">${when(at, now())} <span class="muted">${ago(at, now())}</span></td>
      <td>${tag(one.Kind)}</td>
      <th scope="row">${where ? html`<a href=${where}>${one.About}</a>` : one.About}</th>
      <td>${one.Sentence}</td></tr>`;
  }

  function tools(all, found) {
    return html`<div class="tools">
      <label class="search"><span class="hidden">Search by name or text</span>${icons.search}
        <input id="search" type="search" placeholder="Search by name or text" .value=${bound(state.text)} @input=${(event) => set({text: event.target.value})} autocomplete="off" spellcheck="false"></label>
      <label><span class="hidden">Kind</span><select @change=${(event) => set({kind: event.target.value})}>
        ${KINDS.map(([kind, word]) => html`<option value=${kind} ?selected=${kind === state.kind}>${word}</option>`)}</select></label>
      <span class="muted count" role="status">${found.length === all.length ? count(all.length, 'event') : `${found.length.toLocaleString('en')} of ${count(all.length, 'event')}`}</span>
    </div>`;
  }

  function table({Events: all, Server: server, Since: since}) {
    const found = chosen(all);
    return html`${tools(all, found)}
      ${found.length
        ? framed('Events', html`<table class="list happenings" aria-rowcount=${found.length + 1}><caption class="hidden">Events, the newest first</caption>
            <thead><tr aria-rowindex="1"><th scope="col">When</th><th scope="col">Kind</th><th scope="col">About</th><th scope="col">What</th></tr></thead>
            ${rows.body(found, 4, (one) => one.Index, line)}</table>`)
        : empty(all.length ? 'Nothing found' : 'No event yet', all.length ? 'No event fits the search and the kind.' : 'What happens stands here at once.')}
      <p class="muted small">As ${server ? html`<b>${server}</b>` : 'the server'}, which leads, has seen it since ${whenInZone(moment(since), now())}: the last 200 of each kind, in its memory. Each server keeps its own, so that after a change of leaders the list is another. The audit log and the servers' logs have what was before.</p>`;
  }

  return {
    title: 'Events',
    resources: [list],
    start() {
      rows.start();
      addEventListener('keydown', slash);
    },
    stop() {
      rows.stop();
      removeEventListener('keydown', slash);
    },
    body: () => html`<header class="page"><div><h1 tabindex="-1">Events</h1>
      <p class="lead">What has happened in ${datacenter} of late. <kbd>/</kbd> searches.</p></div></header>
      ${shown(list, table)}`,
  };
}
