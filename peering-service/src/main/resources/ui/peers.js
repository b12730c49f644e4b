// The other datacenters that this one is allied with.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {now, Resource} from './live.js';
import * as icons from './icons.js';
import {age, empty, framed, heard, peerLink, peerState, shown} from './parts.js';
import {establishment, generation} from './peering.js';

// ages of heartbeats grow without being told
const EVERY = 5000;

export function peers({datacenter}) {
  const list = new Resource('hansa/peerings', ['peerings', 'config', 'services'], EVERY);
  const making = generation(list);
  const using = establishment(list, datacenter);

  const buttons = () => html`<div class="row">
    <button type="button" @click=${making.open}>${icons.plus}<span>Generate token</span></button>
    <button type="button" class="primary" @click=${using.open}>${icons.peers}<span>Establish peering</span></button></div>`;

  const line = (peering) => html`<tr>
    <th scope="row"><a href=${peerLink(peering.Name)}>${peering.Name}</a></th>
    <td>${peerState(peering.State)}</td>
    <td class="heard">${age(heard(peering), now())}</td>
    <td>${peering.Datacenter || html`<span class="muted">not known yet</span>`}</td>
    <td class="number">${peering.ImportedServices}</td>
    <td class="number">${peering.ExportedServices}</td></tr>`;

  const table = (all) =>
    all.length
      ? framed('Peers', html`<table class="list peers"><caption class="hidden">Peers</caption>
          <thead><tr><th scope="col">Peer</th><th scope="col">State</th><th scope="col">Heard</th><th scope="col">Datacenter</th>
            <th scope="col" class="number">Imported services</th><th scope="col" class="number">Exported services</th></tr></thead>
          <tbody>${repeat(all, (one) => one.Name, line)}</tbody></table>`)
      : empty('No peer yet', html`One datacenter generates a token, the other establishes the peering with it. Then each shows the other the services that it exports, and nothing else.`);

  return {
    title: 'Peers',
    resources: [list],
    stop() {
      making.close();
      using.close();
    },
    body: () => html`<header class="page"><div><h1 tabindex="-1">Peers</h1>
      <p class="lead">Datacenters that ${datacenter} is allied with.</p></div>${list.value === null ? nothing : buttons()}</header>
      ${making.draw()}${using.draw()}
      ${shown(list, table)}`,
  };
}
