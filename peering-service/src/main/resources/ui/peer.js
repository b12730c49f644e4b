// One peer: how the peering stands, what crosses it, and its end.
import {html, nothing} from './lit-html/lit-html.js';
import {path} from './api.js';
import {now, Resource} from './live.js';
import {moment} from './format.js';
import * as icons from './icons.js';
import {validity, subject} from './der.js';
import {age, badge, empty, field, framed, gatewaysOf, health, heard, peerState, serviceLink, shown, worst} from './parts.js';
import {deletion} from './peering.js';
import {Fingerprints, life} from './trust.js';
import {once, Window} from './window.js';

const EVERY = 5000;
// of a service in the style sheet
const ROW = 46;

/** Does a service-resolver lead to a peer, by its name or by a sameness group that it is in. */
function leadsTo(entry, peer, groups) {
  const failovers = Object.values(entry.Failover ?? {});
  const ways = [entry.Redirect ?? {}, ...failovers, ...failovers.flatMap((one) => one.Targets ?? [])];
  return ways.some((way) => way.Peer === peer || groups.includes(way.SamenessGroup));
}

const names = (entries) => entries.map((entry) => entry.Name);

export function peer({name, datacenter}) {
  const peering = new Resource(path`peering/${name}`, ['peerings', 'config', 'services'], EVERY);
  const services = new Resource('hansa/services', ['services', 'config']);
  const resolvers = new Resource('config/service-resolver', ['config']);
  const groups = new Resource('config/sameness-group', ['config']);
  const bundle = new Resource(path`hansa/peer-bundle/${name}`, ['peerings', 'config']);
  const traffic = new Resource('hansa/traffic', ['peerings', 'services'], EVERY);
  const prints = new Fingerprints();
  const windows = {imported: new Window('imported', ROW), exported: new Window('exported', ROW)};
  // by the peer that they are imported from, of which '' is none, and by name
  const known = once((all) => new Map(['', name].map((from) => [from, new Map((all ?? []).filter((row) => row.Peer === from).map((row) => [row.Service, row]))])));

  /** What leads to this peer, by name; null: that could not be read. */
  function ways() {
    if ([resolvers, groups].some((one) => one.value === null || one.error)) {
      return null;
    }
    const joined = names(groups.value.filter((group) => (group.Members ?? []).some((member) => member.Peer === name)));
    return {groups: joined, resolvers: names(resolvers.value.filter((entry) => leadsTo(entry, name, joined)))};
  }

  const end = deletion(name, () => peering.value, ways, () => (location.hash = '#/peers'));

  const line = (from) => (one, index) => {
    const row = known(services.value).get(from)?.get(one);
    return html`<tr aria-rowindex=${index}><th scope="row"><a href=${serviceLink(one, from)} title=${one}>${one}</a></th><td>${row ? health(worst(row)) : nothing}</td><td class="number">${row?.Instances ?? ''}</td></tr>`;
  };

  const table = (title, rows, listed, from, none) => html`<section><h2>${title} <span class="muted">${listed.length.toLocaleString('en')}</span></h2>
    ${listed.length
      ? framed(`${title} services`, html`<table class="list crossings" aria-rowcount=${listed.length + 1}><caption class="hidden">${title} services</caption>
          <thead><tr aria-rowindex="1"><th scope="col">Service</th><th scope="col">Health</th><th scope="col" class="number">Instances</th></tr></thead>
          ${rows.body(listed, 3, (one) => one, line(from))}</table>`)
      : empty('None', none)}</section>`;

  function root(pem) {
    const good = validity(pem);
    return html`<article class="card root"><div class="head"><h3>${subject(pem) || 'A root without a name'}</h3></div>
      ${good ? life(good.from, good.until) : badge('bad', 'cannot be read')}
      <dl class="facts">${field('SHA-256', prints.of(pem))}</dl></article>`;
  }

  const roots = ({TrustDomain, Roots}) => html`<p class="muted">Certificates of <span class="code">${TrustDomain}</span> that end in one of these are believed, for services that cross between the two.</p>
    <div class="roots">${Roots.map(root)}</div>`;

  /** Whom we believe in its name. */
  const trust = () => html`<section aria-labelledby="bundle"><h2 id="bundle">Its trust bundle ${bundle.value && !bundle.error ? html`<span class="muted">${bundle.value.Roots.length}</span>` : nothing}</h2>
    ${bundle.error?.status === 404 ? empty('None yet', `${name} has not told its roots: nobody of it is believed.`) : shown(bundle, roots)}</section>`;

  /** As it tells of them with what it exports. */
  function gates(isActive) {
    const row = traffic.error ? null : traffic.value?.Peers.find((one) => one.Peer === name);
    if (!row) {
      return html`<span class="muted">not known</span>`;
    }
    const {all, listed} = gatewaysOf(row, isActive);
    return all
      ? html`<ul class="plain-list">${listed.map(({address, tone, says}) => html`<li><span class="code">${address}</span> ${badge(tone, says)}</li>`)}${all > listed.length ? html`<li class="muted">and ${all - listed.length} more</li>` : nothing}</ul>`
      : html`<span class="muted">It tells of none: it exports nothing that the mesh carries.</span>`;
  }

  function body(value) {
    const {StreamStatus: stream} = value;
    return html`<dl class="facts card">
        ${field('State', peerState(value.State))}
        ${field('Heard', age(heard(stream), now()))}
        ${field('Last heartbeat', age(moment(stream.LastHeartbeat), now()))}
        ${field('Told last', age(moment(stream.LastSend), now()))}
        ${field('Datacenter', value.Remote.Datacenter || 'not known yet')}
        ${field('Servers', html`<span class="code">${(value.PeerServerAddresses ?? []).join(', ') || 'it dials us'}</span>`)}
        ${field('Mesh gateways', gates(value.State === 'ACTIVE'))}
        ${field('Server name', html`<span class="code">${value.PeerServerName || '–'}</span>`)}
      </dl>
      <div class="two">
        ${table('Imported', windows.imported, stream.ImportedServices, name, `${name} exports nothing to ${datacenter}.`)}
        ${table('Exported', windows.exported, stream.ExportedServices, '', `${datacenter} exports nothing to ${name}. An exported-services entry says what it does.`)}
      </div>
      ${trust()}
      ${end.draw()}`;
  }

  return {
    title: `Peer ${name}`,
    resources: [peering, services, resolvers, groups, bundle, traffic],
    start: () => Object.values(windows).forEach((one) => one.start()),
    stop() {
      Object.values(windows).forEach((one) => one.stop());
      end.close();
    },
    body: () => html`<nav class="crumbs" aria-label="Where this is"><a href="#/peers">Peers</a></nav>
      <header class="page"><div><h1 tabindex="-1">${name}</h1><p class="lead">a peer of ${datacenter}</p></div>
        ${peering.value && !peering.error ? html`<button type="button" class="danger-plain" @click=${end.open}>${icons.trash}<span>Delete…</span></button>` : nothing}</header>
      ${peering.error?.status === 404 ? empty('No such peer', `${datacenter} has no peering of this name, or no longer.`) : shown(peering, body)}`,
  };
}
