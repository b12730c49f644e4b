// All config entries, by kind.
import {html, nothing} from './lit-html/lit-html.js';
import {live as bound} from './lit-html/directives/live.js';
import {changed, Resource} from './live.js';
import {count} from './format.js';
import * as icons from './icons.js';
import {KINDS, kindOf} from './kinds.js';
import {empty, entryLink, framed, shown} from './parts.js';
import {slash, Window} from './window.js';

const ROW = 46;
const ORDER = KINDS.map((one) => one.kind);

const newLink = (kind) => `#/config/new${kind ? `?kind=${encodeURIComponent(kind)}` : ''}`;

export function config({query, datacenter}) {
  const list = new Resource('hansa/config', ['config']);
  const rows = new Window('rows', ROW);
  const state = {text: query.get('q') ?? '', kind: query.get('kind') ?? ''};

  const set = (change) => {
    Object.assign(state, change);
    changed();
  };

  function chosen(all) {
    const words = state.text.toLowerCase().split(/\s+/).filter((word) => word);
    return all.filter((one) => (!state.kind || one.Kind === state.kind) && words.every((word) => one.Name.toLowerCase().includes(word) || one.Kind.includes(word)));
  }

  /** Each kind's line, before those of its entries. */
  function withKinds(found) {
    const groups = Map.groupBy(found, (one) => one.Kind);
    const kinds = [...groups.keys()].toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
    return kinds.flatMap((kind) => [{kind, number: groups.get(kind).length}, ...groups.get(kind)]);
  }

  function tools(all, found) {
    const number = (kind) => all.filter((one) => one.Kind === kind).length;
    return html`<div class="tools">
      <label class="search"><span class="hidden">Search by name or kind</span>${icons.search}
        <input id="search" type="search" placeholder="Search by name or kind" .value=${bound(state.text)} @input=${(event) => set({text: event.target.value})} autocomplete="off" spellcheck="false"></label>
      <label><span class="hidden">Kind</span><select @change=${(event) => set({kind: event.target.value})}>
        <option value="" ?selected=${!state.kind}>Every kind</option>
        ${ORDER.map((kind) => html`<option value=${kind} ?selected=${kind === state.kind}>${kind} (${number(kind)})</option>`)}</select></label>
      <span class="muted count" role="status">${found.length === all.length ? count(all.length, 'entry', 'entries') : `${found.length.toLocaleString('en')} of ${count(all.length, 'entry', 'entries')}`}</span>
    </div>`;
  }

  const line = (one, index) =>
    one.number
      ? html`<tr class="kind" aria-rowindex=${index}><th colspan="2" scope="rowgroup"><b>${one.kind}</b> <span class="muted">${kindOf(one.kind)?.about ?? ''}</span></th>
          <td class="number"><a href=${newLink(one.kind)} aria-label="New entry of kind ${one.kind}">${icons.plus}</a></td></tr>`
      : html`<tr aria-rowindex=${index}><th scope="row"><a href=${entryLink(one.Kind, one.Name)} title=${one.Name}>${one.Name}</a></th>
          <td class="number muted">${one.CreateIndex}</td><td class="number">${one.ModifyIndex}</td></tr>`;

  function table(all) {
    if (!all.length) {
      return list.isFiltered
        ? empty('None that you may see', 'Entries of a service need service:read, who may call it intention:read, all others mesh:read.')
        : empty('No config entry yet', 'Entries say what is exported, where calls go and who may call whom.', html`<p><a href=${newLink('')}>Write the first one</a></p>`);
    }
    const found = chosen(all);
    return html`${tools(all, found)}
      ${found.length
        ? framed('Config entries', html`<table class="list entries" aria-rowcount=${withKinds(found).length + 1}>
            <caption class="hidden">Config entries</caption>
            <thead><tr aria-rowindex="1"><th scope="col">Name</th><th scope="col" class="number">Made at index</th><th scope="col" class="number">Changed at index</th></tr></thead>
            ${rows.body(withKinds(found), 3, (one) => one.kind ?? `${one.Kind}/${one.Name}`, line)}
          </table>`)
        : empty('Nothing found', 'No entry fits the search and the kind.')}`;
  }

  return {
    title: 'Config entries',
    resources: [list],
    start() {
      rows.start();
      addEventListener('keydown', slash);
    },
    stop() {
      rows.stop();
      removeEventListener('keydown', slash);
    },
    body: () => html`<header class="page"><div><h1 tabindex="-1">Config entries</h1>
      <p class="lead">What ${datacenter} has been told to do. <kbd>/</kbd> searches.</p></div>
      ${list.error && !list.value ? nothing : html`<a class="button primary" href=${newLink(state.kind)}>${icons.plus}<span>New entry</span></a>`}</header>
      ${shown(list, table)}`,
  };
}
