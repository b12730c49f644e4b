// Everything at a glance: the federation, and what is not as usual.
import {html, nothing} from './lit-html/lit-html.js';
import {now, Resource} from './live.js';
import {alarm, astray} from './failovers.js';
import {map} from './map.js';
import {Pace} from './pace.js';
import * as icons from './icons.js';
import {badge, empty, field, gateway, gatewaysOf, health, peerLink, peerState, problem, shown, targetName, worst, worstOf} from './parts.js';

const EVERY = 5000;
const UNKNOWN = badge('off', 'not known');

export function overview({datacenter}) {
  const services = new Resource('hansa/services', ['services', 'config']);
  const peerings = new Resource('hansa/peerings', ['peerings', 'config', 'services'], EVERY);
  const gateways = new Resource('health/service/mesh-gateway', ['services']);
  const readiness = new Resource('hansa/failover/readiness', ['services', 'config', 'failovers', 'peerings']);
  const log = new Resource('hansa/failovers', ['failovers']);
  const traffic = new Resource('hansa/traffic', ['peerings', 'services'], EVERY);
  const pace = new Pace();

  const own = () => (services.value ?? []).filter((row) => !row.Peer);
  const isCritical = (row) => ['critical', 'maintenance'].includes(worst(row));

  function refuges(away) {
    const found = new Map();
    for (const one of away.filter((each) => each.Live)) {
      const {peer} = targetName(one.Live);
      found.set(peer, (found.get(peer) ?? 0) + 1);
    }
    return found;
  }

  /** What sidecars tell of connections to and from each peer; null: not read, or old. */
  function crossing() {
    if (traffic.value === null || traffic.error) {
      return null;
    }
    const ways = ['Out', 'In'];
    pace.take(traffic.value, traffic.value.Peers.flatMap((one) => ways.map((way) => [`${way}/${one.Peer}`, one[way]?.Carried ?? null])));
    return new Map(traffic.value.Peers.map((one) => {
      const [out, back] = ways.map((way) => one[way] && {open: one[way].Open, rate: pace.rate(`${way}/${one.Peer}`)});
      return [one.Peer, {out, in: back}];
    }));
  }

  /** Those that peers tell of; null: not read, or old. */
  function beyond() {
    if (traffic.value === null || traffic.error) {
      return null;
    }
    const active = new Set(peerings.value.filter((one) => one.State === 'ACTIVE').map((one) => one.Name));
    return new Map(traffic.value.Peers.map((one) => [one.Peer, gatewaysOf(one, active.has(one.Peer))]));
  }

  /** Those of this datacenter, where peers reach them. */
  function ours() {
    const all = gateways.error ? null : gateways.value;
    return all && {all: all.length, listed: all.map((one) => {
      const status = worstOf(one.Checks);
      return gateway(address(one, 'wan'), status, status);
    })};
  }

  const tile = (href, icon, number, word, more) => html`<a class="tile" href=${href}>${icon}<span class="figure">${number.toLocaleString('en')}</span><span>${word}</span><span class="more">${more}</span></a>`;

  // of what has not been read, nothing good is said
  const told = (resource, href, icon, number, word, more) => (resource.value === null ? tile(href, icon, '–', word, UNKNOWN) : tile(href, icon, number, word, more));

  /** What could not be read, once for each reason; the peers and the gateways say so where they stand. */
  function unread() {
    const failed = [['services', services], ['readiness for failover', readiness], ['log of failovers', log], ['traffic', traffic]].filter(([, one]) => one.error);
    const reasons = Map.groupBy(failed, ([, one]) => one.error.message);
    return [...reasons].map(([reason, all]) => problem(`What is shown of ${all.map(([what]) => what).join(', ')} may be old or missing: ${reason}`));
  }

  function tiles(away) {
    const critical = own().filter(isCritical).length;
    const active = peerings.value.filter((one) => one.State === 'ACTIVE').length;
    const imported = (services.value ?? []).length - own().length;
    return html`<div class="tiles">
      ${told(services, '#/services', icons.services, own().length, own().length === 1 ? 'service here' : 'services here', critical ? badge('bad', `${critical} critical`) : badge('ok', 'none critical'))}
      ${told(services, '#/services', icons.services, imported, 'imported', html`<span class="muted">from peers</span>`)}
      ${tile('#/peers', icons.peers, peerings.value.length, peerings.value.length === 1 ? 'peer' : 'peers', active === peerings.value.length ? badge(active ? 'ok' : 'off', active ? 'all active' : 'none yet') : badge('warn', `${active} active`))}
      ${told(readiness, '#/failovers', icons.failovers, away.length, 'failed over or lost', away.length ? badge('away', 'in progress') : badge('ok', 'all at home'))}</div>`;
  }

  function troubles() {
    const critical = own().filter(isCritical);
    const failing = (peerings.value ?? []).filter((one) => ['FAILING', 'TERMINATED'].includes(one.State));
    if (!critical.length && !failing.length) {
      return nothing;
    }
    return html`<section aria-labelledby="troubles"><h2 id="troubles">Not well</h2><ul class="obstacles">
      ${failing.map((one) => html`<li>${peerState(one.State)} peer <a href=${peerLink(one.Name)}>${one.Name}</a></li>`)}
      ${critical.slice(0, 20).map((row) => html`<li>${health(worst(row))} <a href="#/services/${encodeURIComponent(row.Service)}">${row.Service}</a> <span class="muted">${row.Passing + row.Warning} of ${row.Instances} healthy</span></li>`)}
      ${critical.length > 20 ? html`<li class="muted">and ${critical.length - 20} more</li>` : nothing}</ul></section>`;
  }

  const gate = (one) => html`<li class="card">${icons.gateway}<div><b>${one.Service.ID}</b> ${health(worstOf(one.Checks))}
    <dl class="facts">${field('For peers', html`<span class="code">${address(one, 'wan')}</span>`)}${field('Within', html`<span class="code">${address(one, 'lan')}</span>`)}</dl></div></li>`;

  function address({Service, Node}, word) {
    const tagged = Service.TaggedAddresses?.[word];
    return tagged ? `${tagged.Address}:${tagged.Port}` : `${Service.Address || Node.Address}:${Service.Port}`;
  }

  function body() {
    const away = astray(readiness.value ?? []);
    return html`${unread()}
      ${away.length ? html`<ul class="alarms" aria-label="Failovers in progress">${away.map((one) => alarm(one, log.value ?? [], datacenter))}</ul>` : nothing}
      ${tiles(away)}
      ${map({
        datacenter,
        peerings: peerings.value,
        gateways: ours(),
        beyond: beyond(),
        services: services.value && {all: own().length, critical: own().filter(isCritical).length},
        refuges: refuges(away),
        traffic: crossing(),
        now: now(),
      })}
      ${troubles()}
      <section aria-labelledby="gateways"><h2 id="gateways">Mesh gateways</h2>
        ${shown(gateways, (all) => (all.length ? html`<ul class="gateways">${all.map(gate)}</ul>` : empty('No mesh gateway', 'Without one, no service traffic crosses to or from a peer.')))}</section>`;
  }

  return {
    title: 'Overview',
    resources: [services, peerings, gateways, readiness, log, traffic],
    body: () => html`<header class="page"><div><h1 tabindex="-1">Overview</h1><p class="lead">${datacenter} and its peers.</p></div></header>
      ${shown(peerings, body)}`,
  };
}
