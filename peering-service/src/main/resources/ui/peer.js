// One peer: how the peering stands, what crosses it, and its end.
import {html, nothing} from './lit-html/lit-html.js';
import {path} from './api.js';
import {now, Resource} from './live.js';
import {moment} from './format.js';
import * as icons from './icons.js';
import {age, empty, field, health, heard, peerState, serviceLink, shown, worst} from './parts.js';
import {deletion} from './peering.js';

const EVERY = 5000;

/** Does a service-resolver lead to a peer, by name; groups are not looked into. */
function leadsTo(entry, peer) {
  const targets = Object.values(entry.Failover ?? {}).flatMap((one) => one.Targets ?? []);
  return entry.Redirect?.Peer === peer || targets.some((target) => target.Peer === peer);
}

export function peer({name, datacenter}) {
  const peering = new Resource(path`peering/${name}`, ['peerings', 'config', 'services'], EVERY);
  const services = new Resource('hansa/services', ['services', 'config']);
  const resolvers = new Resource('config/service-resolver', ['config']);
  const end = deletion(
    name,
    () => peering.value,
    () => (resolvers.value ?? []).filter((entry) => leadsTo(entry, name)).map((entry) => entry.Name),
    () => (location.hash = '#/peers'),
  );

  const rows = (names, from) => names.map((one) => {
    const row = (services.value ?? []).find((known) => known.Service === one && known.Peer === from);
    return html`<tr><th scope="row"><a href=${serviceLink(one, from)}>${one}</a></th><td>${row ? health(worst(row)) : nothing}</td><td class="number">${row?.Instances ?? ''}</td></tr>`;
  });

  const table = (title, names, from, none) => html`<section><h2>${title} <span class="muted">${names.length}</span></h2>
    ${names.length
      ? html`<table class="list"><thead><tr><th scope="col">Service</th><th scope="col">Health</th><th scope="col" class="number">Instances</th></tr></thead><tbody>${rows(names, from)}</tbody></table>`
      : empty('None', none)}</section>`;

  function body(value) {
    const {StreamStatus: stream} = value;
    return html`<dl class="facts card">
        ${field('State', peerState(value.State))}
        ${field('Heard', age(heard(value), now()))}
        ${field('Last heartbeat', age(moment(stream.LastHeartbeat), now()))}
        ${field('Told last', age(moment(stream.LastSend), now()))}
        ${field('Datacenter', value.Remote.Datacenter || 'not known yet')}
        ${field('Servers', html`<span class="code">${(value.PeerServerAddresses ?? []).join(', ') || 'it dials us'}</span>`)}
        ${field('Server name', html`<span class="code">${value.PeerServerName || '–'}</span>`)}
        ${field('Roots that we trust', (value.PeerCAPems ?? []).length || 'none yet')}
      </dl>
      <div class="two">
        ${table('Imported', stream.ImportedServices, name, `${name} exports nothing to ${datacenter}.`)}
        ${table('Exported', stream.ExportedServices, '', `${datacenter} exports nothing to ${name}. An exported-services entry says what it does.`)}
      </div>
      ${end.draw()}`;
  }

  return {
    title: `Peer ${name}`,
    resources: [peering, services, resolvers],
    stop: () => end.close(),
    body: () => html`<nav class="crumbs" aria-label="Where this is"><a href="#/peers">Peers</a></nav>
      <header class="page"><div><h1 tabindex="-1">${name}</h1><p class="lead">a peer of ${datacenter}</p></div>
        ${peering.value && !peering.error ? html`<button type="button" class="danger-plain" @click=${end.open}>${icons.trash}<span>Delete…</span></button>` : nothing}</header>
      ${peering.error?.status === 404 ? empty('No such peer', `${datacenter} has no peering of this name, or no longer.`) : shown(peering, body)}`,
  };
}
