// All services: those that run here, and those that peers let this datacenter see.
import {html, nothing} from './lit-html/lit-html.js';
import {live as bound} from './lit-html/directives/live.js';
import {changed, Resource} from './live.js';
import {count} from './format.js';
import * as icons from './icons.js';
import {badge, empty, framed, health, peerChip, serviceLink, shown, tag, targetName, worst} from './parts.js';
import {once, slash, Window} from './window.js';

const ROW = 46;
// beside the name and among those it is exported to; the others are counted
const TAGS = 3;
const CONSUMERS = 2;
const KINDS = {'': 'service', 'mesh-gateway': 'mesh gateway'};

const SOURCES = [
  ['all', 'All', () => true],
  ['here', 'Here', (row) => !row.Peer],
  ['imported', 'Imported', (row) => row.Peer],
  ['exported', 'Exported', (row) => row.ExportedTo?.length],
];
const STATES = [
  ['any', 'Any health', () => true],
  ['passing', 'Passing', (row) => worst(row) === 'passing'],
  ['warning', 'Warning', (row) => worst(row) === 'warning'],
  ['critical', 'Critical', (row) => ['critical', 'maintenance'].includes(worst(row))],
];
const WORST_FIRST = ['critical', 'maintenance', 'none', 'warning', 'passing'];

export function services({query, datacenter}) {
  const list = new Resource('hansa/services', ['services', 'config']);
  const readiness = new Resource('hansa/failover/readiness', ['services', 'config', 'failovers', 'peerings']);
  const rows = new Window('rows', ROW);
  const state = {text: query.get('q') ?? '', source: 'all', health: 'any', byHealth: false};

  const set = (change) => {
    Object.assign(state, change);
    changed();
  };

  // the server's order has imported ones behind all others
  const byName = once((all) => {
    const place = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    return all.toSorted((a, b) => place(a.Service, b.Service) || place(a.Peer, b.Peer));
  });
  const ready = once((all) => new Map((all ?? []).map((one) => [one.Service, one])));

  function chosen(all) {
    const words = state.text.toLowerCase().split(/\s+/).filter((word) => word);
    const from = SOURCES.find(([id]) => id === state.source)[2];
    const is = STATES.find(([id]) => id === state.health)[2];
    const found = byName(all).filter(
      (row) =>
        from(row) &&
        is(row) &&
        words.every((word) => row.Service.toLowerCase().includes(word) || row.Peer.toLowerCase().includes(word) || row.Tags.some((one) => one.toLowerCase().includes(word))),
    );
    return state.byHealth ? found.toSorted((a, b) => WORST_FIRST.indexOf(worst(a)) - WORST_FIRST.indexOf(worst(b))) : found;
  }

  const search = (event) => set({text: event.target.value});

  function tools(all, found) {
    return html`<div class="tools">
      <label class="search"><span class="hidden">Search by name, peer or tag</span>${icons.search}
        <input id="search" type="search" placeholder="Search by name, peer or tag" .value=${bound(state.text)} @input=${search} autocomplete="off" spellcheck="false"></label>
      <div class="choice" role="group" aria-label="Where they run">
        ${SOURCES.map(([id, word]) => html`<button type="button" aria-pressed=${id === state.source} @click=${() => set({source: id})}>${word}</button>`)}
      </div>
      <label><span class="hidden">Health</span><select @change=${(event) => set({health: event.target.value})}>
        ${STATES.map(([id, word]) => html`<option value=${id} ?selected=${id === state.health}>${word}</option>`)}</select></label>
      <span class="muted count" role="status">${found.length === all.length ? count(all.length, 'service') : `${found.length.toLocaleString('en')} of ${count(all.length, 'service')}`}</span>
    </div>`;
  }

  function healthCell(row) {
    const status = worst(row);
    if (status === 'none') {
      return health('none');
    }
    if (status === 'passing') {
      return health(status, `${row.Passing} passing`);
    }
    return health(status, status === 'warning' ? `${row.Warning} of ${row.Instances} warning` : `${row.Passing + row.Warning} of ${row.Instances} healthy`);
  }

  function away(row) {
    const one = row.Peer ? null : ready(readiness.value).get(row.Service);
    if (!one) {
      return nothing;
    }
    if (!one.Live) {
      return badge('bad', 'no target');
    }
    if (one.FailedOver) {
      const {service, peer} = targetName(one.Live);
      return badge('away', `failed over to ${peer || service}`);
    }
    return one.Ready ? badge('ok', 'can fail over') : badge('warn', 'cannot fail over', one.Reason);
  }

  const consumers = (peers) => html`${peers.slice(0, CONSUMERS).map(peerChip)}${peers.length > CONSUMERS ? html`<span class="muted" title=${peers.join(', ')}>+${peers.length - CONSUMERS}</span>` : nothing}`;

  function line(row, index) {
    return html`<tr aria-rowindex=${index}>
      <th scope="row"><a href=${serviceLink(row.Service, row.Peer)} title=${row.Service}>${row.Service}</a>
        ${row.Tags.slice(0, TAGS).map(tag)}${row.Tags.length > TAGS ? html`<span class="muted">+${row.Tags.length - TAGS}</span>` : nothing}</th>
      <td>${healthCell(row)}</td>
      <td>${away(row)}</td>
      <td class="muted">${row.Peer ? 'imported' : (KINDS[row.Kind] ?? row.Kind)}${row.Proxies ? ', in mesh' : ''}</td>
      <td>${row.Peer ? peerChip(row.Peer) : html`<span class="chip near">${datacenter}</span>`}${row.Stale ? badge('warn', 'stale', 'the peer is not connected; this is what it said last') : nothing}</td>
      <td>${consumers(row.ExportedTo ?? [])}</td>
    </tr>`;
  }

  function table(all) {
    if (!all.length) {
      return empty('No service yet', 'Services appear here when a sidecar joins or one is registered.');
    }
    const found = chosen(all);
    return html`${tools(all, found)}
      ${found.length
        ? framed('Services', html`<table class="list services" aria-rowcount=${found.length + 1}>
            <caption class="hidden">Services</caption>
            <thead><tr aria-rowindex="1"><th scope="col">Service</th>
              <th scope="col" aria-sort=${state.byHealth ? 'descending' : 'none'}><button type="button" class="sort" @click=${() => set({byHealth: !state.byHealth})}>Health ${state.byHealth ? '↓' : ''}</button></th>
              <th scope="col">Failover</th><th scope="col">Kind</th><th scope="col">Runs in</th><th scope="col">Exported to</th></tr></thead>
            ${rows.body(found, 6, (row) => `${row.Peer}/${row.Service}`, line)}
          </table>`)
        : empty('Nothing found', 'No service fits the search and the filters.')}`;
  }

  return {
    title: 'Services',
    resources: [list, readiness],
    start() {
      rows.start();
      addEventListener('keydown', slash);
    },
    stop() {
      rows.stop();
      removeEventListener('keydown', slash);
    },
    body: () => html`<header class="page"><div><h1 tabindex="-1">Services</h1>
      <p class="lead">What runs in ${datacenter}, and what its peers let it see. <kbd>/</kbd> searches.</p></div></header>
      ${shown(list, table)}`,
  };
}
